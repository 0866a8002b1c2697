// SPDX-License-Identifier: GPL-2.0-or-later
// What lasts as long as one visit of a packet, without a look-up for each question: packets are dissected one after the other.
#pragma once

#include "wireshark/compat.h"

#include <cstdint>

namespace ws {

/// One visit of one packet. What is kept of another one is out of date.
struct PacketVisit {
    std::uint64_t number = 0;
    guint32 packet = 0;
    bool operator==(const PacketVisit&) const = default;
};

inline std::uint64_t visits_ended = 1;

inline PacketVisit this_visit(const packet_info* pinfo) {
    return {visits_ended, pinfo->num};
}

/// All dissectors have been called: the next question is of another visit, be it of the same packet.
inline void end_visit() {
    ++visits_ended;
}

} // namespace ws
