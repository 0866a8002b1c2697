// SPDX-License-Identifier: GPL-2.0-or-later
#include "http_head.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace ws {
namespace {

constexpr std::size_t longest_method = 32; // bytes; the longest that is registered has 18 (RFC 9110 16.1)
constexpr std::string_view blank = " \t\r\n";

bool is_http_version(std::string_view text) {
    return text.size() == 8 && text.starts_with("HTTP/") && text[5] >= '0' && text[5] <= '9' && text[6] == '.' &&
           text[7] >= '0' && text[7] <= '9';
}

bool parse_status_line(std::string_view line, HttpHead& head) {
    if (line.size() < 9 || !is_http_version(line.substr(0, 8)) || line[8] != ' ')
        return false;
    head.is_request = false;
    head.version = line.substr(0, 8);
    const auto code = line.substr(9, 3);
    if (code.size() == 3 && std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
        (line.size() == 12 || line[12] == ' '))
        head.status = static_cast<std::uint16_t>((code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0'));
    head.reason = line.substr(std::min<std::size_t>(line.size(), 13));
    return true;
}

bool parse_request_line(std::string_view line, HttpHead& head) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == 0 || first > longest_method || last == first)
        return false;
    head.is_request = true;
    head.method = line.substr(0, first);
    head.target = line.substr(first + 1, last - first - 1);
    head.version = line.substr(last + 1);
    return is_http_version(head.version) && std::all_of(head.method.begin(), head.method.end(), is_token_char);
}

/// Could these bytes become the start line of an HTTP/1 message?
bool may_become_start_line(std::string_view bytes) {
    std::size_t token = 0;
    while (token < bytes.size() && is_token_char(bytes[token]))
        ++token;
    return token > 0 && token <= longest_method &&
           (token == bytes.size() || bytes[token] == ' ' || bytes.substr(0, token) == "HTTP");
}

} // namespace

std::string_view trim(std::string_view text) {
    const auto begin = text.find_first_not_of(blank);
    if (begin == std::string_view::npos)
        return text.substr(0, 0);
    return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

bool list_contains(std::string_view list, std::string_view token) {
    bool found = false;
    for_each_element(list, [&](std::string_view element) { found = found || equal_ignoring_case(element, token); });
    return found;
}

const HeaderField* HttpHead::find(std::string_view name) const {
    for (const auto& field : fields)
        if (equal_ignoring_case(field.name, name))
            return &field;
    return nullptr;
}

std::string_view HttpHead::value(std::string_view name) const {
    const auto* field = find(name);
    return field ? field->value : std::string_view{};
}

bool HttpHead::has_token(std::string_view name, std::string_view token) const {
    return std::any_of(fields.begin(), fields.end(), [&](const HeaderField& field) {
        return equal_ignoring_case(field.name, name) && list_contains(field.value, token);
    });
}

bool is_upgrade_request(const HttpHead& head) noexcept {
    return head.is_request && (head.find("Sec-WebSocket-Key") || head.has_token("Upgrade", "websocket"));
}

bool is_upgrade_response(const HttpHead& head) noexcept {
    return !head.is_request &&
           (head.find("Sec-WebSocket-Accept") || (head.status == 101 && head.has_token("Upgrade", "websocket")));
}

HttpBody body_of(const HttpHead& head) noexcept {
    using enum HttpBody::Kind;
    if (!head.is_request && (head.status < 200 || head.status == 204 || head.status == 304))
        return {};
    if (head.find("Transfer-Encoding"))
        return {head.has_token("Transfer-Encoding", "chunked") ? chunked : unknown};
    std::optional<std::uint64_t> size;
    bool valid = true;
    for (const auto& field : head.fields) {
        if (!equal_ignoring_case(field.name, "Content-Length"))
            continue;
        for_each_element(field.value, [&](std::string_view element) { // several may say the same
            std::uint64_t number = 0;
            const auto [end, error] = std::from_chars(element.data(), element.data() + element.size(), number);
            valid = valid && error == std::errc{} && end == element.data() + element.size() && number <= largest_body &&
                    (!size || *size == number);
            size = number;
        });
    }
    if (!valid || (!size && !head.is_request))
        return {unknown};
    return {sized, size.value_or(0)};
}

HeadResult parse_http_head(std::string_view bytes, const Arena& arena, HttpHead& head) noexcept {
    head = {};
    std::size_t at = 0;
    bool start_line = true;
    for (;;) {
        const auto end = bytes.find('\n', at);
        if (end == std::string_view::npos)
            return !start_line || may_become_start_line(bytes) ? HeadResult::incomplete : HeadResult::not_http;
        auto line = bytes.substr(at, end - at);
        if (!line.empty() && line.back() == '\r')
            line.remove_suffix(1);
        at = end + 1;
        if (start_line) {
            if (!parse_status_line(line, head) && !parse_request_line(line, head))
                return HeadResult::not_http;
            head.start_line = line;
            start_line = false;
        } else if (line.empty()) {
            head.size = at;
            return HeadResult::complete;
        } else if ((line[0] == ' ' || line[0] == '\t') && !head.fields.empty()) {
            // A folded line (RFC 9112 5.2) continues the value; the views are neighbours in one buffer.
            auto& value = head.fields.back().value;
            const char* begin = value.data();
            value = trim({begin, static_cast<std::size_t>(line.data() + line.size() - begin)});
        } else if (const auto colon = line.find(':'); colon != std::string_view::npos && colon > 0) {
            head.fields.push_back(arena, {trim(line.substr(0, colon)), trim(line.substr(colon + 1))});
        }
    }
}

} // namespace ws
