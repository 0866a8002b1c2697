// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

namespace ws {

/// The first visit: a client asks its proxy for a tunnel (RFC 9110 9.3.6). What it sends next may be a request to upgrade, which
/// HTTP's dissector shows as data where the tunnel leads to one of its own ports.
void open_tunnel(packet_info* pinfo);
/// The proxy has agreed.
void answer_tunnel(packet_info* pinfo);

/// What a packet of a tunnel had.
struct InTunnel {
    int length;                  ///< Bytes taken.
    tvbuff_t* request = nullptr; ///< A request to upgrade, which is still to be dissected by HTTP,
    guint32 port = 0;            ///< in the conversation of its own with this port.
};
InTunnel dissect_in_tunnel(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* tcp);

} // namespace ws
