// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include "dissector/connection_decoder.hpp"
#include "dissector/statistics.hpp"

namespace ws {

enum class SessionState : std::uint8_t { closed, aborted, open, refused };

/// What passed over a connection, on its last packet.
struct SessionSummary {
    SessionState state;
    const Statistics* statistics; ///< Null: refused.
    const FirstClose* close;      ///< Null: none.
    std::int64_t begin;           ///< Of the request, nanoseconds.
    std::int64_t end;             ///< Of the last packet, nanoseconds.
    std::uint32_t first;          ///< The packet of the request, or of the first that was captured.
    std::uint32_t last;
    const char* url;         ///< Empty: not known.
    const char* subprotocol; ///< Empty: none.
};

void add_session_summary(proto_tree* parent, tvbuff_t* tvb, const SessionSummary& summary);

} // namespace ws
