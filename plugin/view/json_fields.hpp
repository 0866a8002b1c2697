// SPDX-License-Identifier: GPL-2.0-or-later
// The items of Wireshark's JSON protocol, with the names and values of its own dissector, from what was read once.
#pragma once

#include "view/layer.hpp"

#include "dissector/json.hpp"

namespace ws {

/// The items keep no state: where nobody looks at them, nor at the names of the protocols, they can be spared, and the reading.
bool json_is_looked_at(proto_tree* tree);

/// Adds the protocol's item and all below. `at`: where the text begins that the value was read from. Where its preferences were
/// changed, Wireshark's dissector does.
void add_json(proto_tree* tree, packet_info* pinfo, Place at, const JsonValue& value);

/// Once, and before each file.
void hand_off_json_fields();
void open_json_fields();

} // namespace ws
