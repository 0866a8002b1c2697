// SPDX-License-Identifier: GPL-2.0-or-later
#include "tally.hpp"

#include <algorithm>

namespace ws {

void Tally::add(Direction from, const Facts& facts, std::int64_t time) noexcept {
    auto& side = sides[static_cast<std::size_t>(from)];
    last = time;
    ++pieces;
    for (const auto& frame : facts.frames) {
        side.uncertain = false;
        if (frame.completes) {
            ++side.messages;
            side.bytes += frame.completes->data.size();
            side.wire_bytes += frame.completes->wire_length;
        }
        if (frame.header.opcode == opcode::close) {
            side.closed = true;
            if (!close) {
                close = Close{from, {}};
                if (frame.payload.size() >= 2)
                    close->code = static_cast<std::uint16_t>(frame.payload[0] << 8 | frame.payload[1]);
            }
        }
        if (frame.ping_in) {
            ++round_trips;
            round_trip_sum += frame.round_trip;
            round_trip_max = std::max(round_trip_max, frame.round_trip);
        }
    }
    // A Close frame may hide in what lies behind the last frame that was understood.
    for (const auto& rest : facts.rests)
        if (rest.undecoded != Undecoded::no &&
            (facts.frames.empty() || rest.offset >= facts.frames[facts.frames.size() - 1].offset))
            side.uncertain = true;
}

} // namespace ws
