// SPDX-License-Identifier: GPL-2.0-or-later
#include "statistics.hpp"

#include <algorithm>

namespace ws {

namespace {

constexpr std::int64_t lazy = 300000000; // nanoseconds

} // namespace

void Statistics::add(Direction from, const Facts& facts, std::int64_t time, std::uint32_t packet) noexcept {
    auto& side = sides[static_cast<std::size_t>(from)];
    gap = time - last;
    last = side.last = time;
    if (time - armed >= lazy)
        armed = time;
    ++pieces;
    for (const auto& event : facts.events) {
        if (std::holds_alternative<SkippedBytes>(event))
            side.uncertain = true; // a Close frame may hide there
        const auto* frame = std::get_if<Frame>(&event);
        if (!frame)
            continue;
        side.uncertain = false;
        if (frame->violations.any()) {
            side.violation = frame->violations.first();
            side.violation_packet = packet;
        }
        if (frame->completes) {
            side.message_packet = packet;
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
