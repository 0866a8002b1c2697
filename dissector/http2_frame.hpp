// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "frame.hpp"

/// Headers of HTTP/2's frames (RFC 9113 4.1).
namespace ws::http2 {

constexpr std::size_t header_size = 9;

enum Type : std::uint8_t {
    DATA,
    HEADERS,
    PRIORITY,
    RST_STREAM,
    SETTINGS,
    PUSH_PROMISE,
    PING,
    GOAWAY,
    WINDOW_UPDATE,
    CONTINUATION,
    ALTSVC,               // RFC 7838
    ORIGIN = 12,          // RFC 8336
    PRIORITY_UPDATE = 16, // RFC 9218
};

/// Of so many bytes in network order, at most 4.
constexpr std::uint32_t number(const std::uint8_t* at, int bytes) {
    std::uint32_t value = 0;
    for (int i = 0; i < bytes; ++i)
        value = value << 8 | at[i];
    return value;
}

/// Could a frame have this header? What peers must answer with a connection error (RFC 9113 6) is a sign that these bytes are no
/// header. `strict`: it was searched for, and may not be of an extension. `length`: of the payload, in bytes.
bool plausible(std::uint32_t length, std::uint8_t type, std::uint32_t stream, bool strict) noexcept;

/// Are these bytes frames that have plausible headers, of known types, to the last byte?
bool are_frames(Bytes bytes) noexcept;

} // namespace ws::http2
