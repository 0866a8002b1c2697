// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/connection.hpp"

#include "dissector/recogniser.hpp"

#include <array>
#include <vector>

namespace ws {

/// A connection whose payload may be frames; more of it will tell.
struct Suspect {
    /// What is remembered for the case that it proves to be WebSocket.
    struct Kept {
        unsigned end;
        Backlog::Captured captured;
    };
    address first_address; ///< The end that sent what was seen first; in file scope.
    std::uint32_t first_port;
    Recogniser recogniser;
    std::vector<Kept> kept;
    std::size_t size = 0; ///< Bytes kept.
};

/// How many segments were seen, modulo 2^16, of the direction that used this place last.
struct SegmentsSeen {
    std::uint32_t direction;
    std::uint16_t count;
};
using SegmentCounts = std::array<SegmentsSeen, 4096>;

} // namespace ws
