// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "view/layer.hpp"

namespace ws {

/// A filter, a column or a script names one of the built-in dissector's fields, or the preference adds them always.
bool builtin_is_looked_at();

/// Hidden items of Wireshark's own `websocket` dissector, so that filters, columns and scripts that name its fields keep working.
void add_builtin_fields(proto_tree* tree, packet_info* pinfo, const FrameTree& at, const Frame& frame, Place message);

} // namespace ws
