// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "direction_terms.hpp"
#include "facts.hpp"

namespace ws {

/// The message in progress between two frames.
enum class MessageState : std::uint8_t {
    none,
    open,   ///< A data frame without FIN began it.
    unknown ///< It may have begun in bytes that were not seen.
};

/// What is wrong with a frame's header (RFC 6455 5.2 to 5.5, RFC 7692 6). `message`: before the frame. `after_close`: its side
/// has sent a Close frame before it.
Violations judge_header(const FrameHeader& header, const DirectionTerms& terms, MessageState message, bool after_close) noexcept;

/// Adds what is wrong with a Close frame's payload (RFC 6455 5.5.1, 7.4), if all of it was captured.
void judge_close(Frame& frame) noexcept;

} // namespace ws
