// SPDX-License-Identifier: GPL-2.0-or-later
// simdjson finds the tokens and unescapes the strings; where each stands in the text is ours, for the bytes that a tree marks. So
// is the check that between two of them stands what must: on demand, simdjson skips much of what nobody asks for.
#include "json.hpp"

#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

#include <charconv>

namespace ws {
namespace {

namespace od = simdjson::ondemand;

constexpr std::size_t longest = std::size_t{16} << 20;
constexpr std::size_t longest_kept = 65536;
constexpr int deepest = 200;
constexpr std::size_t most_tokens = 250000;

constexpr std::string_view blanks = " \t\r\n";

std::string_view without_blanks_behind(std::string_view text) {
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/// Behind the closing quote of the string whose content begins at `at`; the text has one.
std::size_t string_end(std::string_view text, std::size_t at) {
    while (text[at] != '"')
        at += text[at] == '\\' ? 2 : 1;
    return at + 1;
}

std::size_t digits_end(std::string_view text, std::size_t at) {
    return std::min(text.find_first_not_of("0123456789", at), text.size());
}

bool is_number(std::string_view text) {
    std::size_t at = text.starts_with('-') ? 1 : 0;
    const auto whole = digits_end(text, at);
    if (whole == at || (text[at] == '0' && whole > at + 1))
        return false;
    at = whole;
    if (at < text.size() && text[at] == '.') {
        const auto fraction = digits_end(text, at + 1);
        if (fraction == at + 1)
            return false;
        at = fraction;
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        at += at + 1 < text.size() && (text[at + 1] == '+' || text[at + 1] == '-') ? 2 : 1;
        const auto exponent = digits_end(text, at);
        return exponent > at && exponent == text.size();
    }
    return at == text.size();
}

bool is_escape(std::string_view text, std::size_t at) {
    if (at + 1 >= text.size())
        return false;
    if (text[at + 1] != 'u')
        return std::string_view("\"\\/bfnrt").find(text[at + 1]) != std::string_view::npos;
    return text.size() - at >= 6 && text.substr(at + 2, 4).find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// A lone surrogate is JSON (RFC 8259, 8.2), and no text: such a string keeps its escapes.
bool is_well_escaped(std::string_view content) {
    for (auto at = content.find('\\'); at != std::string_view::npos; at = content.find('\\', at + 2))
        if (!is_escape(content, at))
            return false;
    return true;
}

class Reader {
  public:
    Reader(std::string_view text, const Arena& arena) : text_(text), arena_(arena) {}

    JsonValue read() {
        auto* padded = arena_.array<char>(text_.size() + simdjson::SIMDJSON_PADDING);
        std::memcpy(padded, text_.data(), text_.size());
        std::memset(padded + text_.size(), 0, simdjson::SIMDJSON_PADDING);
        padded_ = padded;
        static od::parser kept; // with its memory, which is some six times the longest text's
        od::parser of_long_text;
        auto& parser = text_.size() <= longest_kept ? kept : of_long_text;
        od::document document;
        od::value root;
        if (parser.iterate(padded, text_.size(), text_.size() + simdjson::SIMDJSON_PADDING).get(document) ||
            document.get_value().get(root) || !read_value(root, {}, 0))
            return {};
        const bool all = text_.find_first_not_of(blanks, tokens_[0].end) == std::string_view::npos;
        return all ? JsonValue(tokens_.begin(), 0) : JsonValue();
    }

  private:
    std::uint32_t count() const { return static_cast<std::uint32_t>(tokens_.size()); }

    bool add(JsonKind kind, std::size_t begin, std::size_t end, std::string_view value) {
        tokens_.push_back(
            arena_, JsonToken{kind, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), count() + 1, value});
        last_end_ = end;
        return tokens_.size() <= most_tokens;
    }

    /// `unescape` gives the content as simdjson reads it.
    template <class Unescape>
    bool add_string(JsonKind kind, std::size_t begin, std::size_t end, Unescape unescape) {
        auto value = text_.substr(begin + 1, end - begin - 2);
        if (value.find('\\') != std::string_view::npos) {
            std::string_view unescaped;
            if (unescape().get(unescaped) == simdjson::SUCCESS)
                value = as_text(arena_.copy(as_bytes(unescaped)));
            else if (!is_well_escaped(value))
                return false;
        }
        return add(kind, begin, end, value);
    }

    /// Between the token that was read last and the one at `to` stands this mark, or none, and nothing else but blanks.
    bool follows(std::size_t to, std::string_view mark) const {
        const auto between = without_blanks_behind(text_.substr(last_end_, to - last_end_));
        const auto first = between.find_first_not_of(blanks);
        return mark == (first == std::string_view::npos ? std::string_view{} : between.substr(first));
    }

    /// `mark`: what must stand before it.
    bool read_value(od::value& value, std::string_view mark, int depth) {
        if (depth > deepest)
            return false;
        const auto source = without_blanks_behind(value.raw_json_token());
        const auto begin = static_cast<std::size_t>(source.data() - padded_);
        if (source.empty() || begin < last_end_ || begin >= text_.size() || !follows(begin, mark))
            return false;
        const auto end = begin + source.size();
        const auto token = text_.substr(begin, source.size());
        switch (source[0]) {
        case '{':
        case '[': return read_container(value, begin, depth);
        case '"':
            return source.size() > 1 && source.back() == '"' &&
                   add_string(JsonKind::string, begin, end, [&] { return value.get_string(); });
        case 't': return token == "true" && add(JsonKind::truth, begin, end, token);
        case 'f': return token == "false" && add(JsonKind::falsehood, begin, end, token);
        case 'n': return token == "null" && add(JsonKind::null, begin, end, token);
        default: return is_number(token) && add(JsonKind::number, begin, end, token);
        }
    }

    bool read_container(od::value& value, std::size_t begin, int depth) {
        const auto index = count();
        const bool object = text_[begin] == '{';
        if (!add(object ? JsonKind::object : JsonKind::array, begin, begin + 1, {}) ||
            !(object ? read_members(value, depth) : read_elements(value, depth)))
            return false;
        auto& token = *(tokens_.begin() + index);
        const auto close = text_.find_first_not_of(blanks, last_end_);
        if (close == std::string_view::npos || text_[close] != (object ? '}' : ']'))
            return false;
        token.end = static_cast<std::uint32_t>(close + 1);
        token.value = text_.substr(begin, token.end - begin);
        token.next = count();
        last_end_ = close + 1;
        return true;
    }

    bool read_elements(od::value& value, int depth) {
        od::array array;
        if (value.get_array().get(array))
            return false;
        std::string_view mark;
        for (auto element : array) {
            od::value next;
            // NOLINTNEXTLINE(performance-move-const-arg): get() is for temporaries
            if (std::move(element).get(next) || !read_value(next, mark, depth + 1))
                return false;
            mark = ",";
        }
        return true;
    }

    bool read_members(od::value& value, int depth) {
        od::object object;
        if (value.get_object().get(object))
            return false;
        std::string_view mark;
        for (auto member : object) {
            od::field field;
            if (std::move(member).get(field))
                return false;
            const auto begin = static_cast<std::size_t>(field.key().raw() - padded_) - 1;
            auto next = field.value();
            const auto index = count();
            if (begin < last_end_ || !follows(begin, mark) ||
                !add_string(JsonKind::key, begin, string_end(text_, begin + 1), [&] { return field.unescaped_key(); }) ||
                !read_value(next, ":", depth + 1))
                return false;
            mark = ",";
            (tokens_.begin() + index)->next = count();
        }
        return true;
    }

    std::string_view text_;
    const Arena& arena_;
    const char* padded_ = nullptr;
    List<JsonToken> tokens_;
    std::size_t last_end_ = 0; ///< Of the value that was read last.
};

} // namespace

JsonValue JsonValue::operator[](std::string_view key) const {
    if (!is(JsonKind::object))
        return {};
    JsonValue found;
    for (auto at = index_ + 1; at < token().next; at = all_[at].next)
        if (all_[at].value == key)
            found = {all_, at + 1};
    return found;
}

JsonValue JsonValue::at(std::uint32_t index) const {
    if (!is(JsonKind::array))
        return {};
    auto at = index_ + 1;
    while (at < token().next && index-- > 0)
        at = all_[at].next;
    return at < token().next ? JsonValue(all_, at) : JsonValue();
}

JsonValue JsonValue::next_in(const JsonValue& array) const {
    return token().next < array.token().next ? JsonValue(all_, token().next) : JsonValue();
}

std::uint32_t JsonValue::size() const {
    std::uint32_t count = 0;
    if (is(JsonKind::array) || is(JsonKind::object))
        for (auto at = index_ + 1; at < token().next; at = all_[at].next)
            ++count;
    return count;
}

std::optional<std::int64_t> JsonValue::integer() const {
    if (!is(JsonKind::number))
        return {};
    const auto digits = token().value;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc() && end == digits.data() + digits.size() ? std::optional(value) : std::nullopt;
}

std::optional<double> JsonValue::number() const {
    if (!is(JsonKind::number))
        return {};
    const auto digits = token().value;
    double value = 0;
    const auto error = std::from_chars(digits.data(), digits.data() + digits.size(), value).ec;
    return error == std::errc() ? std::optional(value) : std::nullopt;
}

JsonValue read_json(std::string_view text, const Arena& arena) noexcept {
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos || (text[first] != '{' && text[first] != '[') || text.size() > longest)
        return {};
    return Reader(text, arena).read();
}

} // namespace ws
