// SPDX-License-Identifier: GPL-2.0-or-later
#include "http2_frame.hpp"

namespace ws::http2 {

bool plausible(std::uint32_t length, std::uint8_t type, std::uint32_t stream, bool strict) noexcept {
    const bool on_stream = stream != 0;
    switch (type) {
    case DATA:
    case HEADERS:
    case CONTINUATION: return on_stream;
    case PRIORITY: return on_stream && length == 5;
    case RST_STREAM: return on_stream && length == 4;
    case SETTINGS: return !on_stream && length % 6 == 0 && length < 6 * 1024;
    case PUSH_PROMISE: return on_stream && length >= 4;
    case PING: return !on_stream && length == 8;
    case GOAWAY: return !on_stream && length >= 8;
    case WINDOW_UPDATE: return length == 4;
    case ALTSVC: return !strict || length >= 2;
    case ORIGIN:
    case PRIORITY_UPDATE: return !on_stream;
    default: return !strict; // an extension
    }
}

bool are_frames(Bytes bytes) noexcept {
    if (bytes.empty())
        return false;
    while (bytes.size() >= header_size) {
        const auto length = number(bytes.data(), 3);
        if (!plausible(length, bytes[3], number(&bytes[5], 4) & 0x7fffffff, true) || length > bytes.size() - header_size)
            return false;
        bytes = bytes.subspan(header_size + length);
    }
    return bytes.empty();
}

} // namespace ws::http2
