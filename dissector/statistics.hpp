// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "facts.hpp"

namespace ws {

/// What passed over a connection, counted as it is decoded the first time.
struct Statistics {
    struct Side {
        std::uint32_t messages = 0;         ///< Complete ones.
        std::uint64_t bytes = 0;            ///< Their application data, after decompression.
        std::uint64_t wire_bytes = 0;       ///< Their payload, before decompression.
        bool uncertain = false;             ///< The last that was captured could not be decoded: it may have been anything.
        Violation violation{};              ///< The last rule that it broke, if `violation_packet`.
        std::uint32_t violation_packet = 0; ///< 0: none so far.
        std::uint32_t message_packet = 0;   ///< The last packet that completed a message; 0: none so far.
        std::int64_t last = 0;              ///< When it last sent something; 0: nothing so far.
    };

    std::int64_t requested = 0; ///< When the request was sent, nanoseconds; like opened if it was not captured.
    std::int64_t opened = 0;    ///< When the connection was upgraded, nanoseconds.
    std::int64_t last = 0;      ///< When either side last sent something.
    /// The same as a lazy timer has it: what comes less than 0.3 s after it was armed does not arm it again (nginx:
    /// NGX_TIMER_LAZY_DELAY). The request armed it first.
    std::int64_t armed = 0;
    std::int64_t gap = 0;     ///< How long both sides had been silent before that, nanoseconds.
    Side sides[2];            ///< Indexed by Direction.
    std::uint32_t pieces = 0; ///< Of the streams.
    std::uint32_t round_trips = 0;
    std::int64_t round_trip_sum = 0;
    std::int64_t round_trip_max = 0;

    void add(Direction from, const Facts& facts, std::int64_t time, std::uint32_t packet) noexcept;
};

} // namespace ws
