// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include "dissector/diagnosis.hpp"

namespace ws {

/// Why a connection failed or died: ws.diagnosis and its expert info. `text` ends with NUL.
void add_diagnosis(proto_tree* tree, packet_info* pinfo, tvbuff_t* tvb, int offset, int length, Diagnosis diagnosis,
                   const char* text);

gint diagnosis_subtree();

/// Reads `exp` and `nbf` of a token's JSON; false if it is none.
bool read_claims(std::string_view json, Claims& claims);

} // namespace ws
