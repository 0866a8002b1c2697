// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "view/layer.hpp"

namespace ws {

/// Hidden items of Wireshark's own `websocket` dissector, so that filters, columns and scripts that name its fields keep working.
void add_builtin_fields(proto_tree* tree, packet_info* pinfo, const FrameTree& at, const Frame& frame, Place message);

} // namespace ws
