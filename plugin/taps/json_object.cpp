// SPDX-License-Identifier: GPL-2.0-or-later
#include "taps/json_object.hpp"

#include "dissector/utf8.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace ws {
namespace {

/// What is no UTF-8 is replaced; NULs are kept.
std::string valid_utf8(std::string_view text) {
    std::string valid;
    for (;;) {
        const auto size = std::min(text.find('\0'), text.size());
        auto* part = g_utf8_make_valid(text.data(), static_cast<gssize>(size));
        valid += part;
        g_free(part);
        if (size == text.size())
            return valid;
        valid += '\0';
        text.remove_prefix(size + 1);
    }
}

/// json_dumper's own ends at a NUL.
std::string literal(std::string_view text) {
    std::string json = "\"";
    for (const char c : valid_utf8(text)) {
        char escaped[8];
        if (static_cast<unsigned char>(c) < ' ' || c == '"' || c == '\\' || c == 0x7f)
            json.append(escaped,
                        static_cast<std::size_t>(std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c))));
        else
            json += c;
    }
    return json + '"';
}

} // namespace

void JsonObject::number(const char* member, std::uint64_t value) {
    name(member);
    json_dumper_value_anyf(&dumper_, "%" PRIu64, value);
}

void JsonObject::number(const char* member, const std::string& digits) {
    name(member);
    json_dumper_value_anyf(&dumper_, "%s", digits.c_str());
}

void JsonObject::boolean(const char* member, bool value) {
    name(member);
    json_dumper_value_anyf(&dumper_, "%s", value ? "true" : "false");
}

void JsonObject::string(const char* member, std::string_view text) {
    name(member);
    json_dumper_value_anyf(&dumper_, "%s", literal(text).c_str());
}

void JsonObject::names(const char* member, const std::vector<std::string_view>& list) {
    name(member);
    json_dumper_begin_array(&dumper_);
    for (const auto text : list)
        json_dumper_value_string(&dumper_, std::string(text).c_str());
    json_dumper_end_array(&dumper_);
}

void JsonObject::base64(const char* member, Bytes data) {
    name(member);
    json_dumper_begin_base64(&dumper_);
    json_dumper_write_base64(&dumper_, data.data(), data.size());
    json_dumper_end_base64(&dumper_);
}

void JsonObject::content(Bytes data) {
    Utf8Validator utf8;
    utf8.feed(data);
    if (utf8.valid() && utf8.at_boundary())
        string("text", as_text(data));
    else
        base64("base64", data);
}

} // namespace ws
