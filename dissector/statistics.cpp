// SPDX-License-Identifier: GPL-2.0-or-later
#include "statistics.hpp"

#include <algorithm>

namespace ws {

void Statistics::add(Direction from, const Facts& facts, std::int64_t time) noexcept {
    auto& side = sides[static_cast<std::size_t>(from)];
    last = time;
    ++pieces;
    for (const auto& event : facts.events) {
        if (std::holds_alternative<SkippedBytes>(event))
            side.uncertain = true; // a Close frame may hide there
        const auto* frame = std::get_if<Frame>(&event);
        if (!frame)
            continue;
        side.uncertain = false;
        if (frame->completes) {
            ++side.messages;
            side.bytes += frame->completes->data.size();
            side.wire_bytes = bounded_sum(side.wire_bytes, frame->completes->wire_length);
        }
        if (frame->ping_in) {
            ++round_trips;
            round_trip_sum += frame->round_trip;
            round_trip_max = std::max(round_trip_max, frame->round_trip);
        }
    }
}

} // namespace ws
