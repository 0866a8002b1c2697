// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

namespace ws {

class Session;

/// A packet's payload that TCP did not offer to the plugin although it may be frames: another dissector was asked first, or TCP
/// keeps it. `tvb` is the packet. `session`: of its connection, or null. Returns whether it was taken.
bool dissect_unclaimed(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session* session);

/// Before each file.
void open_unclaimed();

} // namespace ws
