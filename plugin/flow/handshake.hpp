// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "view/frame_fields.hpp"

namespace ws {

/// The heads in a packet in which HTTP found one, when everything else was dissected. `frames` receives where frames follow a 101
/// response that HTTP did not hand over. Returns whether anything is shown.
bool dissect_heads_of_packet(packet_info* pinfo, proto_tree* tree, List<Place>& frames);

/// The heads that `tvb` begins with, which HTTP has just dissected in a conversation of its own. Returns where frames follow a
/// 101 response; nowhere: null.
Place dissect_heads_of(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree);

/// The 101 response whose head ends where `tvb` begins, for frames that follow it in the same packet: HTTP hands those over
/// before the response itself is looked at. Shows it, and on the first visit upgrades the session. Returns false if `tvb` begins
/// within a head.
bool dissect_response_before(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree);

} // namespace ws
