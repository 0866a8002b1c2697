// SPDX-License-Identifier: GPL-2.0-or-later
#include "state/tapped.hpp"

namespace ws {

TapIds tap_ids;

bool is_tapped() {
    return have_tap_listener(tap_ids.events) || have_tap_listener(tap_ids.objects);
}

void tap(packet_info* pinfo, const Tapped& tapped) {
    static_assert(std::is_trivially_destructible_v<Tapped>);
    const auto* kept = new (wmem_alloc(pinfo->pool, sizeof tapped)) Tapped(tapped);
    for (const int id : {tap_ids.events, tap_ids.objects})
        if (have_tap_listener(id))
            tap_queue_packet(id, pinfo, kept);
}

} // namespace ws
