// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/http2_connection.hpp"

namespace ws {

/// WebSocket in the bytes that Wireshark's HTTP/2 dissector has just read, but for those that it put off until more arrive.
/// `tcp`: TCP's own data, or null.
void follow_http2(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, const tcpinfo* tcp);

/// What a TCP packet's header means for the streams of an HTTP/2 connection, after the packet was dissected. Returns whether it
/// shows anything. `tvb` is the packet.
bool watch_streams(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Http2Connection& connection);

/// The HTTP/2 connection of this packet, or null.
Http2Connection* find_http2(packet_info* pinfo);

/// Shows both halves of a handshake, heads as Http2Event has them; on the first visit it decides what the session carries.
void dissect_http2_handshake(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session, std::string_view request,
                             std::string_view response);

} // namespace ws
