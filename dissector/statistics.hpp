// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "facts.hpp"

namespace ws {

/// What passed over a connection, counted as it is decoded the first time.
struct Statistics {
    struct Side {
        std::uint32_t messages = 0;   ///< Complete ones.
        std::uint64_t bytes = 0;      ///< Their application data, after decompression.
        std::uint64_t wire_bytes = 0; ///< Their payload, before decompression.
        bool uncertain = false;       ///< The last that was captured could not be decoded: it may have been anything.
    };

    std::int64_t requested = 0; ///< When the request was sent, nanoseconds; like opened if it was not captured.
    std::int64_t opened = 0;    ///< When the connection was upgraded, nanoseconds.
    std::int64_t last = 0;      ///< When either side last sent something.
    Side sides[2];              ///< Indexed by Direction.
    std::uint32_t pieces = 0;   ///< Of the streams.
    std::uint32_t round_trips = 0;
    std::int64_t round_trip_sum = 0;
    std::int64_t round_trip_max = 0;

    void add(Direction from, const Facts& facts, std::int64_t time) noexcept;
};

} // namespace ws
