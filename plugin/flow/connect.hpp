// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include <string_view>

namespace ws {

/// A request for WebSocket names this host: a refused CONNECT to it is ours to explain.
void remember_target(std::string_view host, bool secure);

/// HTTP's CONNECT (RFC 9110 9.3.6), with which browsers reach WebSocket servers through a proxy: `head` begins with a request or
/// response at `offset` of `tvb`. Shows a refusal.
bool watch_connect(tvbuff_t* tvb, int offset, std::string_view head, packet_info* pinfo, proto_tree* tree);

} // namespace ws
