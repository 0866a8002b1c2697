// SPDX-License-Identifier: GPL-2.0-or-later
#include "words.hpp"

#include "close_code.hpp"
#include "utf8.hpp"

#include <algorithm>
#include <cstdio>

namespace ws {
namespace {

constexpr std::size_t most_bytes_shown = 16;
/// More than a Close frame or a ping may carry (RFC 6455 5.5); others are cut.
constexpr std::size_t most_text = 128;

std::string hex(std::uint8_t byte) {
    constexpr char digits[] = "0123456789abcdef";
    return {digits[byte >> 4], digits[byte & 15]};
}

/// A character that can be printed on its own begins `text`: bytes of it, or 0.
std::size_t printable_at(std::string_view text) {
    const auto first = static_cast<std::uint8_t>(text[0]);
    if (first < 0x80)
        return first >= ' ' && first != 0x7f ? 1 : 0;
    const std::size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    Utf8Validator utf8;
    if (text.size() < size || utf8.feed(as_bytes(text.substr(0, size))) < size || !utf8.at_boundary())
        return 0;
    const auto second = static_cast<std::uint8_t>(text[1]);
    const auto third = static_cast<std::uint8_t>(size > 2 ? text[2] : 0);
    const bool control = first == 0xc2 && second < 0xa0; // C1
    // Line separators, and what turns the direction of text round.
    const bool turns = first == 0xe2 &&
                       ((second == 0x80 && third >= 0xa8 && third <= 0xae) || (second == 0x81 && third >= 0xa6 && third <= 0xa9));
    return control || turns ? 0 : size;
}

} // namespace

bool is_printable(Bytes bytes) noexcept {
    for (auto text = as_text(bytes); !text.empty();) {
        const auto size = printable_at(text);
        if (!size)
            return false;
        text.remove_prefix(size);
    }
    return true;
}

std::size_t beginning_of_text(Bytes text, std::size_t most) noexcept {
    auto size = std::min(text.size(), most);
    while (size < text.size() && size > 0 && (text[size] & 0xc0) == 0x80)
        --size;
    return size;
}

Bytes readable_part(const Message& message, std::size_t looked_at) noexcept {
    const auto data = message.data;
    if (message.text)
        return data;
    if (message.opcode != opcode::text)
        return is_printable(data.first(beginning_of_text(data, looked_at))) ? data : Bytes{};
    return message.opaque ? Bytes{} : data.first(well_formed_part(data));
}

std::string on_one_line(std::string_view text, std::size_t most) {
    std::string line;
    while (!text.empty() && line.size() < most) {
        const auto size = printable_at(text);
        if (size)
            line += text.substr(0, size);
        else
            line += "\\x" + hex(static_cast<std::uint8_t>(text[0]));
        text.remove_prefix(size ? size : 1);
    }
    return text.empty() ? line : line + "\xe2\x80\xa6";
}

std::string in_quotes(std::string_view text) {
    return '"' + on_one_line(text, most_text) + '"';
}

std::string_view kept_in_quotes(std::string_view text, const Arena& arena) noexcept {
    return as_text(arena.copy(as_bytes(in_quotes(text))));
}

std::string words_of_data(Bytes data) {
    if (data.empty())
        return {};
    if (is_printable(data.first(beginning_of_text(data, most_text))))
        return in_quotes(as_text(data));
    std::string line;
    for (const auto byte : data.first(std::min(data.size(), most_bytes_shown)))
        line += hex(byte);
    return data.size() > most_bytes_shown ? line + "\xe2\x80\xa6" : line;
}

std::string words_of_time(std::int64_t nanoseconds) {
    char text[32];
    if (nanoseconds < 1000000)
        std::snprintf(text, sizeof text, "%.3f ms", static_cast<double>(nanoseconds) / 1e6);
    else if (nanoseconds < 1000000000)
        std::snprintf(text, sizeof text, "%.1f ms", static_cast<double>(nanoseconds) / 1e6);
    else
        std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(nanoseconds) / 1e9);
    return text;
}

std::string words_of_control(const Frame& frame) {
    std::string line;
    const auto add = [&](const std::string& words) {
        if (!words.empty())
            line += ' ' + words;
    };
    switch (frame.header.opcode) {
    case opcode::close:
        line = "Close";
        if (frame.payload.size() >= 2) {
            const auto code = static_cast<std::uint16_t>(frame.payload[0] << 8 | frame.payload[1]);
            add(std::to_string(code));
            add(close_code(code).name);
            if (frame.payload.size() > 2)
                add(in_quotes(as_text(frame.payload.subspan(2))));
        }
        break;
    case opcode::ping:
        line = "Ping";
        add(words_of_data(frame.payload));
        break;
    case opcode::pong:
        line = "Pong";
        add(frame.ping_in ? words_of_time(frame.round_trip) : words_of_data(frame.payload));
        break;
    default:
        line = "Reserved opcode " + std::to_string(frame.header.opcode);
        add(words_of_data(frame.payload));
        break;
    }
    return line;
}

std::string_view kept_words_of_control(const Frame& frame, const Arena& arena) noexcept {
    return as_text(arena.copy(as_bytes(words_of_control(frame))));
}

} // namespace ws
