// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

namespace ws {

/// How many of a connection's HTTP requests in the packets before this one have no response so far.
guint32 open_requests(packet_info* pinfo);

/// A packet in which HTTP has found a request or a response, after everything else about it, on its first visit. `last` is what
/// HTTP keeps with the packet. Several requests in one packet count as one. Where HTTP's own list of them can be read, nothing is
/// counted.
void count_http_message(packet_info* pinfo, const http_req_res_t& last);

} // namespace ws
