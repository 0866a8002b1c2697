// SPDX-License-Identifier: GPL-2.0-or-later
// What Wireshark allows one packet to have, against endless loops. A packet may carry more messages than that; the work for them
// is bounded by its bytes.
#pragma once

#include "wireshark/compat.h"

namespace ws {

/// Layers (preference gui.max_tree_depth; past them every call of a dissector fails): after a dissector was called, only those of
/// protocols that the packet did not have before stay, so that frame.protocols names them. `last` is the last layer before the
/// call.
void give_back_layers(const packet_info* pinfo, wmem_list_frame_t* last);

/// The same from within the plugin's dissector, called by HTTP or TLS once for each record: the layers of earlier calls.
void give_back_earlier_layers(const packet_info* pinfo);

/// Items (preference gui.max_tree_items), in all and in a row at no later place: before each frame, and each content, that is
/// added to the tree.
void give_back_items(proto_tree* tree);

} // namespace ws
