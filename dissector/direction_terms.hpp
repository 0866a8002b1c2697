// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "extensions.hpp"
#include "frame.hpp"

namespace ws {

/// What a user may set.
struct Limits {
    std::size_t message = std::size_t{16} << 20; ///< Longest inflated message, in bytes.
};

/// What is settled for one direction before its first frame.
struct DirectionTerms {
    Direction direction;
    Negotiated negotiated;
    Limits limits;

    /// The side that sends has to mask its frames (RFC 6455 5.1).
    bool masked() const { return direction == Direction::client_to_server; }
    /// No bit and no byte means something that is not known here.
    bool extensions_understood() const { return negotiated.known && !negotiated.unknown_extension; }
};

} // namespace ws
