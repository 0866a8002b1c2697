// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "words.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace ws {

/// A line of text in an arena, put together without printf, which would be the largest part of the work for a small frame. What
/// does not fit is cut off, at a character's boundary.
class LineBuffer {
  public:
    LineBuffer(const Arena& arena, std::size_t capacity)
        : at_(arena.array<char>(capacity)), begin_(at_), end_(at_ + capacity - 1) {}

    LineBuffer& text(std::string_view text) {
        const auto size = beginning_of_text(as_bytes(text), static_cast<std::size_t>(end_ - at_));
        at_ += text.copy(at_, size); // unlike memcpy(), of nothing too
        return *this;
    }
    LineBuffer& number(std::uint64_t value) {
        char digits[20];
        const auto result = std::to_chars(digits, digits + sizeof digits, value);
        return text({digits, static_cast<std::size_t>(result.ptr - digits)});
    }
    /// A text (known to be UTF-8) on one line, cut at a character's boundary after at most so many bytes.
    LineBuffer& beginning(Bytes all, std::size_t most) {
        const auto shown = all.first(beginning_of_text(all, std::min(most, static_cast<std::size_t>(end_ - at_))));
        at_ = std::transform(shown.begin(), shown.end(), at_,
                             [](std::uint8_t c) { return c < ' ' || c == 127 ? ' ' : static_cast<char>(c); });
        return shown.size() < all.size() ? text("\xe2\x80\xa6") : *this;
    }
    /// A blank and what of the message can be read, if there is any.
    LineBuffer& readable(const Message& message, std::size_t most) {
        const auto part = most ? readable_part(message, most) : Bytes{};
        return part.empty() ? *this : text(" ").beginning(part, most);
    }
    const char* finish() {
        *at_ = 0;
        return begin_;
    }
    std::string_view view() { return {finish(), static_cast<std::size_t>(at_ - begin_)}; }

  private:
    char* at_;
    char* begin_;
    char* end_;
};

} // namespace ws
