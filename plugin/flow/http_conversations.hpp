// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/session.hpp"

namespace ws {

/// Where, in a piece of payload, frames end and a head begins (RFC 9112 2.1).
struct HttpPart {
    bool found = false;
    std::size_t offset = 0;
    std::size_t length = 0; ///< Bytes of it; frames may follow.
    guint32 port =
        0; ///< HTTP has a conversation with this port for it; 0: it is too short to tell, and waits for the next segment.
};

/// The part of a piece that is not frames but a second request to upgrade, or its response.
HttpPart find_http_part(Session& session, const Connection& connection, const StreamData& piece, packet_info* pinfo);

/// The first visit: this packet has a request to upgrade that HTTP would not read. Returns the port for it.
guint32 begin_http_conversation(packet_info* pinfo);

/// Calls HTTP's dissector in a conversation of its own. Returns false if it has only asked for more.
bool call_http_in_own_conversation(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* tcp, Direction direction,
                                   guint32 port);

} // namespace ws
