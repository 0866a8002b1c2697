// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow/packet_end.hpp"

#include "view/columns.hpp"
#include "wireshark/visit.hpp"

namespace ws {

void end_packet(packet_info* pinfo) {
    finish_columns(pinfo); // of a piece that an exception ended
    end_visit();
}

} // namespace ws
