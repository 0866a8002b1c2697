// SPDX-License-Identifier: GPL-2.0-or-later
#include "unpack.hpp"

#include "../utf8.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <string>

namespace ws {
namespace {

using nlohmann::json;

/// Writes JSON as values come, so that what came before a fault is there.
class Writer : public nlohmann::json_sax<json> {
  public:
    bool null() override { return word("null"); }
    bool boolean(bool value) override { return word(value ? "true" : "false"); }
    bool number_integer(number_integer_t value) override { return word(std::to_string(value)); }
    bool number_unsigned(number_unsigned_t value) override { return word(std::to_string(value)); }
    bool number_float(number_float_t value, const string_t&) override {
        char digits[32];
        const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
        const std::string_view text(digits, static_cast<std::size_t>(end - digits));
        return word(text.find_first_of("in") == std::string_view::npos ? text : "null"); // neither infinity nor NaN
    }
    bool string(string_t& value) override {
        before();
        quote(value);
        return room();
    }
    bool binary(binary_t&) override { return word("\"\""); }
    bool start_object(std::size_t) override { return open('{', '}'); }
    bool start_array(std::size_t) override { return open('[', ']'); }
    bool key(string_t& name) override {
        before();
        quote(name);
        text_ += ':';
        first_ = true;
        after_key_ = true;
        return room();
    }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

    const std::string& finish() {
        if (after_key_)
            word("null");
        while (!closers_.empty())
            close();
        return text_;
    }

  private:
    static constexpr std::size_t deepest = 64, longest = std::size_t{16} << 20;

    bool room() const { return text_.size() < longest; }
    void before() {
        if (!first_)
            text_ += ',';
        first_ = after_key_ = false;
    }
    bool word(std::string_view value) {
        before();
        text_ += value;
        return room();
    }
    bool open(char opener, char closer) {
        before();
        text_ += opener;
        closers_ += closer;
        first_ = true;
        return closers_.size() < deepest;
    }
    bool close() {
        text_ += closers_.back();
        closers_.pop_back();
        first_ = false;
        return true;
    }
    void quote(const std::string& value) {
        const auto bytes = as_bytes(value);
        text_ += json(std::string(as_text(bytes.first(well_formed_part(bytes))))).dump();
    }

    std::string text_;
    std::string closers_;
    bool first_ = true;
    bool after_key_ = false;
};

} // namespace

JsonValue unpack(Bytes data, Packed as, const Arena& arena, bool& whole) noexcept {
    try {
        Writer writer;
        whole = json::sax_parse(data.begin(), data.end(), &writer,
                                as == Packed::cbor ? json::input_format_t::cbor : json::input_format_t::msgpack);
        return read_json(as_text(arena.copy(as_bytes(writer.finish()))), arena);
    } catch (const std::exception&) { // out of memory
        whole = false;
        return {};
    }
}

} // namespace ws
