// SPDX-License-Identifier: GPL-2.0-or-later
#include "quote.hpp"

#include "utf8.hpp"

#include <algorithm>
#include <cstdio>

namespace ws {
namespace {

constexpr std::size_t longest_quote = 120;
/// No word of a person is as long as this; tokens, session ids and keys are.
constexpr std::size_t longest_word = 24;
/// So much of a body is looked at.
constexpr std::size_t most_of_body = 4096;

bool is_control(char c) {
    return static_cast<unsigned char>(c) < ' ' || c == 127;
}

std::string_view first_line(std::string_view text) {
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        if (const auto line = trim(text.substr(0, end)); !line.empty())
            return line;
        text.remove_prefix(end + 1);
    }
    return trim(text);
}

/// Tags become line ends, as the text of two of them does not belong together; what is in <style> and <script> is no text.
std::string without_tags(std::string_view html) {
    std::string out;
    std::string_view hidden; // "</style", while in it
    while (!html.empty()) {
        const auto tag = html.find('<');
        if (hidden.empty())
            out += html.substr(0, tag);
        if (tag == std::string_view::npos)
            break;
        html.remove_prefix(tag);
        const auto is = [&](std::string_view name) { return equal_ignoring_case(html.substr(0, name.size()), name); };
        if (hidden.empty())
            hidden = is("<style") ? "</style" : is("<script") ? "</script" : std::string_view{};
        else if (is(hidden))
            hidden = {};
        else { // "a<b" in a script is no tag
            html.remove_prefix(1);
            continue;
        }
        const auto end = html.find('>');
        if (end == std::string_view::npos)
            break;
        html.remove_prefix(end + 1);
        out += '\n';
    }
    return out;
}

/// Words that are too long for one, and what follows "?" in a URL, become "...".
std::string without_secrets(std::string_view text) {
    std::string out;
    std::size_t word = 0;
    bool cut = false;
    for (const char c : text) {
        const bool separates = c == ' ' || c == '"' || c == ',' || c == '<' || c == '>' || c == '(' || c == ')';
        if (separates) {
            word = 0;
            cut = false;
        } else if (!cut && ((c == '?' && word > 0) || ++word > longest_word)) {
            cut = true;
            out.resize(c == '?' ? out.size() : out.size() - longest_word);
            out += "...";
        }
        if (!cut)
            out += c;
    }
    return out;
}

} // namespace

std::string quote(std::string_view text) {
    std::string out(text.substr(0, longest_quote));
    Utf8Validator validator;
    if (validator.feed(as_bytes(out)) < out.size())
        std::replace_if(
            out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
    else if (!validator.at_boundary()) // a character that was cut goes
        while (!out.empty()) {
            const auto last = static_cast<unsigned char>(out.back());
            out.pop_back();
            if (last >= 0xc0)
                break;
        }
    std::replace_if(out.begin(), out.end(), is_control, ' ');
    return text.size() > longest_quote ? out + "..." : out;
}

std::string quote_url(std::string_view url) {
    const auto query = url.find_first_of("?#");
    const auto scheme = url.find("://");
    const auto user = url.substr(0, url.find('/', scheme == std::string_view::npos ? 0 : scheme + 3)).rfind('@');
    std::string out;
    if (scheme != std::string_view::npos && user != std::string_view::npos && user > scheme) {
        out = std::string(url.substr(0, scheme + 3)) + "...";
        out += quote(url.substr(user, query == std::string_view::npos ? query : query - std::min(query, user)));
    } else {
        out = quote(url.substr(0, query));
    }
    return query == std::string_view::npos ? out : out + "?...";
}

std::string quote_body(std::string_view body) {
    body = body.substr(0, most_of_body);
    const auto text =
        body.starts_with('<') || body.find("<html") != std::string_view::npos || body.find("<HTML") != std::string_view::npos
            ? without_tags(body)
            : std::string(body);
    if (std::count_if(text.begin(), text.end(), [](char c) { return is_control(c) && c != '\n' && c != '\r' && c != '\t'; }))
        return {}; // compressed, or no text at all
    return quote(without_secrets(first_line(text)));
}

std::string quote_field(const HttpHead& head, std::string_view name) {
    const auto* field = head.find(name);
    return field ? quote(field->value) : std::string();
}

std::string in_seconds(std::int64_t nanoseconds) {
    char text[40];
    std::snprintf(text, sizeof text, "%.3f s", static_cast<double>(nanoseconds) / 1e9);
    return text;
}

std::string in_tenths(std::int64_t nanoseconds) {
    char text[40];
    std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(nanoseconds) / 1e9);
    return text;
}

} // namespace ws
