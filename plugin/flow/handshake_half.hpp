// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "dissector/http_head.hpp"
#include "state/session.hpp"
#include "view/handshake_fields.hpp"

namespace ws {

/// Half of an opening handshake, read: everything of one head that outlives the C++ objects of its reading.
struct HandshakeHalf {
    bool is_websocket = false;
    Handshake handshake;
    HandshakeContext context;
    OpeningHandshake* opening = nullptr; ///< Null on a later visit of what the first did not know.
    Connection* begins = nullptr;        ///< The first visit: the connection that this response begins.
};

/// A request to upgrade. `ordinal`: which of the packet's, from 0. `pipelined_before`: ordinary requests on this connection that
/// will be answered first (RFC 9112 9.3.2). `secure`: the URL is one of wss.
HandshakeHalf read_request_half(const HttpHead& head, packet_info* pinfo, Session& session, std::uint32_t ordinal,
                                std::uint32_t pipelined_before, bool secure);

/// The response to the session's oldest request that has none, or to one that was not captured. `body`: as much as there is of
/// it.
HandshakeHalf read_response_half(const HttpHead& head, std::string_view body, packet_info* pinfo, Session& session,
                                 std::uint32_t ordinal);

/// Shows a half whose head the tvb has at `offset`, and tells the taps of it. `lines`: the head is of HTTP/2 or HTTP/3.
void show_half(proto_tree* tree, packet_info* pinfo, tvbuff_t* tvb, std::size_t offset, std::string_view head,
               const HandshakeHalf& half, bool lines);

/// The first visit: `head` is as much of a response as the snap length left. If it upgrades to WebSocket, frames follow, of which
/// no more is known.
void upgrade_by_cut_response(std::string_view head, packet_info* pinfo);

} // namespace ws
