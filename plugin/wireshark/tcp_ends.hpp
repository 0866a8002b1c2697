// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

namespace ws {

/// A packet's ports as its TCP header has them. Dissectors of tunnels (HTTP's CONNECT, SOCKS) put another port in their place
/// while they call what is inside, and do not always put it back.
struct TcpPorts {
    guint32 source;
    guint32 destination;
    bool operator==(const TcpPorts&) const = default;
};
TcpPorts tcp_ports(const packet_info* pinfo);

/// Its addresses as IP has them: HTTP's CONNECT puts the name of the host behind the proxy in place of one (4.6).
const address& tcp_source(const packet_info* pinfo);
const address& tcp_destination(const packet_info* pinfo);

/// The conversation between these ends, or null; the second makes it if there is none.
conversation_t* find_tcp_conversation(packet_info* pinfo);
conversation_t* tcp_conversation(packet_info* pinfo);

/// Before another file.
void forget_tcp_conversation();

} // namespace ws
