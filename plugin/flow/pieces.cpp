// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow/pieces.hpp"

#include "wireshark/visit.hpp"

#include <vector>

namespace ws {
namespace {

/// The connections of which this packet had pieces so far; most have one.
struct {
    PacketVisit visit;
    struct Pieces {
        std::uint32_t stream, count;
    };
    std::vector<Pieces> of;
} seen;

} // namespace

std::uint32_t* pieces_so_far(packet_info* pinfo, std::uint32_t stream) {
    if (seen.visit != this_visit(pinfo)) {
        seen.visit = this_visit(pinfo);
        seen.of.clear();
    }
    for (auto it = seen.of.rbegin(); it != seen.of.rend(); ++it)
        if (it->stream == stream)
            return &it->count;
    return nullptr;
}

std::uint32_t& pieces_of(packet_info* pinfo, std::uint32_t stream) {
    if (auto* known = pieces_so_far(pinfo, stream))
        return *known;
    seen.of.push_back({stream, 0});
    return seen.of.back().count;
}

} // namespace ws
