// SPDX-License-Identifier: GPL-2.0-or-later
// The opening handshake. HTTP decodes it and asks nobody, on ports that it owns: so each packet in which HTTP found a request or
// response comes by here afterwards, and the heads are read from its data sources. Where HTTP was not asked, requests come by,
// too.
#pragma once

#include "view/layer.hpp"

namespace ws {

/// The heads in a packet, `tvb`, when everything else was dissected. `frames` receives where frames follow a 101
/// response that HTTP did not hand over. Returns whether anything is shown.
bool dissect_heads_of_packet(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, List<Place>& frames);

} // namespace ws
