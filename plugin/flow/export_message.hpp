// SPDX-License-Identifier: GPL-2.0-or-later
// File > Export PDUs to File, and tshark -U "OSI layer 7".
#pragma once

#include "view/layer.hpp"

namespace ws {

/// Are messages exported, in this run of the dissection?
bool exports_messages();

/// Exports one. `at`: its bytes; `reader`: the name of the dissector that reads it.
void export_message(Place at, packet_info* pinfo, const char* reader, const Message& message);

/// Once, when the taps of all dissectors are registered.
void hand_off_export();

} // namespace ws
