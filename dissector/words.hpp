// SPDX-License-Identifier: GPL-2.0-or-later
// What a person would say of a frame, in one line of text.
#pragma once

#include "facts.hpp"

#include <string>
#include <string_view>

namespace ws {

/// `text` as it can be printed anywhere, cut after `most` bytes: control characters, line separators, what turns the direction of
/// text round, and bytes that are no UTF-8 are shown as "\x1b".
std::string on_one_line(std::string_view text, std::size_t most);

/// The same in quotation marks, at most 128 bytes of it.
std::string in_quotes(std::string_view text);
/// The same in the arena, with a NUL behind it.
std::string_view kept_in_quotes(std::string_view text, const Arena& arena) noexcept;

/// The application data of a ping or pong: text in quotation marks, else its first 16 bytes in hexadecimal digits; empty: none.
std::string words_of_data(Bytes data);

/// Text, all of it, that can be printed as it is.
bool is_printable(Bytes bytes) noexcept;

/// So many bytes of a text, at most `most`, that no character is cut.
std::size_t beginning_of_text(Bytes text, std::size_t most) noexcept;

/// What of a message can be shown as text: all of it; if it was sent as text and is no UTF-8, what is before the first bad byte;
/// binary only if its first `looked_at` bytes are printable.
Bytes readable_part(const Message& message, std::size_t looked_at) noexcept;

/// "1.2 ms", "3.4 s".
std::string words_of_time(std::int64_t nanoseconds);

/// `Close 1011 Internal Error "db pool exhausted"`, `Ping "tick"`, `Pong 1.2 ms`. `frame`: a control frame.
std::string words_of_control(const Frame& frame);
/// The same in the arena.
std::string_view kept_words_of_control(const Frame& frame, const Arena& arena) noexcept;

} // namespace ws
