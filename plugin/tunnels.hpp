// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "compat.h"

namespace ws {

/// The first visit: a proxy has agreed to CONNECT (RFC 9110 9.3.6). What comes next on this connection may be a request to
/// upgrade, which HTTP's dissector shows as data where the tunnel leads to one of its own ports.
void open_tunnel(packet_info* pinfo);

dissector_handle_t tunnel_handle();

} // namespace ws
