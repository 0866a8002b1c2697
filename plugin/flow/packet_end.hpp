// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

namespace ws {

/// All dissectors were called for this visit of the packet.
void end_packet(packet_info* pinfo);

} // namespace ws
