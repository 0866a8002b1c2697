// SPDX-License-Identifier: GPL-2.0-or-later
// The ends of connections: FIN, RST and retransmissions carry nothing for the frames' dissector.
#pragma once

#include "state/session.hpp"
#include "wireshark/tcp_segment.hpp"

namespace ws {

/// What a TCP packet's header means for a WebSocket connection, after the packet was dissected. Returns whether it shows
/// anything. `tvb` is the packet.
bool watch_connection(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session);

/// The first visit: a packet of a connection that has nothing to do with WebSocket so far.
void note_syn(tvbuff_t* tvb, packet_info* pinfo);

/// A Close frame cannot have been overlooked, nor the response: by this segment no byte is missing of either direction, and where
/// frames are decoded none is left over. `from`: who sent the segment.
bool all_was_seen(const Transport& transport, const Segment& segment, Direction from, bool decoded);

/// The first visit: one side ends a stream of HTTP/2 (`of_stream`), or the TCP connection under it. `certain`: no byte of that is
/// missing. Returns whether it ends the session.
bool observe_stream_end(Session& session, packet_info* pinfo, Direction by, bool reset, bool of_stream, bool certain);

} // namespace ws
