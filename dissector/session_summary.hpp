// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "connection_decoder.hpp"
#include "statistics.hpp"

namespace ws {

enum class SessionState : std::uint8_t { closed, aborted, open, refused };

/// What passed over a connection, on its last packet. What it points to lives as long as the capture file is open.
struct SessionSummary {
    SessionState state;
    const Statistics* statistics; ///< Null: refused.
    std::optional<FirstClose> close;
    std::int64_t begin;  ///< Of the request, nanoseconds.
    std::int64_t end;    ///< Of the last packet, nanoseconds.
    std::uint32_t first; ///< The packet of the request, or of the first that was captured.
    std::uint32_t last;
    const char* url;         ///< Empty: not known.
    const char* subprotocol; ///< Empty: none.
};

} // namespace ws
