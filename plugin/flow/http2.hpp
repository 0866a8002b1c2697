// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/http2_connection.hpp"

#include <optional>

namespace ws {

/// WebSocket in the bytes that Wireshark's HTTP/2 dissector has just read, but for those that it put off until more arrive.
/// `sequence`: of the first byte, where it is known.
void follow_http2(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, std::optional<std::uint32_t> sequence);

/// The first visit: this packet's connection begins as HTTP/2 does, on a port of nobody.
Http2Connection& expect_http2(packet_info* pinfo);

/// What was found in a packet of such a connection, before Wireshark's HTTP/2 dissector is called with it.
struct FoundHttp2 {
    Http2Connection::Events events;
    tvbuff_t* tvb = nullptr; ///< For that dissector; null: it is not to be called.
    guint before = 0;        ///< So many bytes of that are from earlier packets.
};
FoundHttp2 look_into_http2(tvbuff_t* tvb, packet_info* pinfo, Http2Connection& connection, std::uint32_t sequence);
void show_http2(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, const Http2Connection::Events& events);

/// The bytes of one stream's connection in a packet; `data` is an Http2Connection::Event.
int dissect_http2_data(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) noexcept;

/// What a TCP packet's header means for the streams of an HTTP/2 connection, after the packet was dissected. Returns whether it
/// shows anything. `tvb` is the packet.
bool watch_streams(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Http2Connection& connection);

/// Shows both halves of a handshake, heads as Http2Event has them; on the first visit it decides what the session carries.
void dissect_http2_handshake(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session, std::string_view request,
                             std::string_view response);

} // namespace ws
