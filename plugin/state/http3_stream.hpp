// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace ws {

class Session;

/// A stream of HTTP/3 that carries WebSocket (RFC 9220).
struct Http3Stream {
    Session* session;
    std::uint32_t number; ///< From 0.
    std::uint32_t first_packet;
    std::string request; ///< Heads as Http2Event has them.
    std::string response;
    std::uint32_t sequence[2] = {}; ///< The next byte has this number; indexed by Direction.
};

} // namespace ws
