// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include "dissector/diagnosis.hpp"

namespace ws {

/// Why a connection failed or died: ws.diagnosis with its parts, its expert info, and its name in the packet list. Each part of
/// `found` ends with NUL. Without a tree the last two remain.
void add_diagnosis(proto_tree* tree, packet_info* pinfo, tvbuff_t* tvb, int offset, int length, const Diagnosed& found);

gint diagnosis_subtree();

} // namespace ws
