// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "flow/subprotocol.hpp"
#include "state/session.hpp"
#include "view/layer.hpp"

namespace ws {

/// Shows what a frame carries, below the frame itself: the message that it completes, for the next dissector too, and the fields
/// of the built-in dissector. `told`: what tell() said of it. `tvb`: the piece that it ends in; `tree`: the packet's.
void show_content(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session, Connection& connection, const Whose& of,
                  const FrameTree& shown, const Frame& frame, const Told& told);

/// Somebody sees the tree, or asks for a field of frames, the plugin's or the built-in dissector's, or lists the protocols.
bool frames_are_looked_at(proto_tree* tree);

} // namespace ws
