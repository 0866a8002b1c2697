// SPDX-License-Identifier: GPL-2.0-or-later
// All subprotocols that the plugin reads itself.
#pragma once

#include "subprotocol.hpp"

#include <string_view>

namespace ws {

extern const Subprotocol actioncable, bayeux, engineio, graphqlws, jsonrpc, k8schannel, nats, ocpp, phoenix, realtime, signalr,
    socketio, sockjs, stomp, wamp, xmppframing, yjs;

/// In the order in which they are asked whose message something is.
constexpr std::size_t most_subprotocols = 32;
std::span<const Subprotocol* const> all_subprotocols();

/// Where the messages of a negotiated name go: one of these, or a dissector of Wireshark's.
struct SubprotocolName {
    const char* name;       ///< As in Sec-WebSocket-Protocol.
    const Subprotocol* own; ///< Asked first; or null.
    const char* dissector;  ///< Wireshark's, or empty.
    std::uint16_t port;     ///< Where Wireshark's has no name to find it by: its TCP port; 0: it has.
};
/// Null: not known.
const SubprotocolName* find_subprotocol_name(std::string_view name);

/// The one whose convention the URL follows, or null. Others may follow it too: a message must agree.
const Subprotocol* subprotocol_of_url(std::string_view url);

} // namespace ws
