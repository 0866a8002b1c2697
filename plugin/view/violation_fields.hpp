// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include "dissector/facts.hpp"

namespace ws {

/// A rule that was broken: ws.violation and its expert info, over the bytes it is about.
void add_violation(proto_tree* tree, packet_info* pinfo, tvbuff_t* tvb, int offset, int length, Violation violation);
/// All that a frame breaks. `tvb` holds the frame from `offset` on.
void add_violations(proto_tree* tree, packet_info* pinfo, tvbuff_t* tvb, int offset, const Frame& frame);
void add_undecoded(proto_tree* tree, tvbuff_t* tvb, int offset, int length, Undecoded reason);

} // namespace ws
