// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/sessions.hpp"

namespace ws {

/// The 101 response whose head ends where `tvb` begins, for frames that follow it in the same packet: HTTP hands those over
/// before the response itself is looked at. Shows it, and on the first visit upgrades the session. Returns false if `tvb` begins
/// within a head.
bool dissect_response_before(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree);

/// HTTP lies directly on TCP.
bool is_http_on_tcp(const packet_info* pinfo);

/// The heads that `tvb` begins with, which HTTP has just dissected where the look at the whole packet would not find them.
void dissect_heads_of(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree);

} // namespace ws
