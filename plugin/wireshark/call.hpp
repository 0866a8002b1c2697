// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

namespace ws {

/// Before a call of call_dissector(), which takes one from can_desegment for the protocol between TCP and the one it calls: the
/// inner dissector keeps TCP's reassembly, as if it was called by TCP.
inline void keep_desegmentation(packet_info* pinfo) {
    if (pinfo->can_desegment > 0)
        ++pinfo->can_desegment;
}

} // namespace ws
