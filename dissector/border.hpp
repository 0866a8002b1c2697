// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "extensions.hpp"
#include "frame.hpp"

namespace ws {

/// What is known of a direction whose frame borders are not.
struct BorderHints {
    bool masked = false; ///< Its frames are masked.
    Negotiated negotiated;
};

/// Could a frame begin with this header, sent by a peer that keeps to the rules?
bool plausible(const FrameHeader& header, const BorderHints& hints) noexcept;

/// In a direction that is known to carry WebSocket: the first offset from which `bytes` look like frames one after the other, or
/// bytes.size(). Text must be text and close codes valid; a single frame counts only where chance cannot make it up.
std::size_t find_border(Bytes bytes, const BorderHints& hints) noexcept;

/// How many headers `bytes` begin with, if they are frames from the first to the last byte (the last may be cut), else 0.
std::size_t count_frames(Bytes bytes, const BorderHints& hints) noexcept;

/// Bytes of an unknown protocol that can hardly be anything but whole WebSocket frames, from the first byte to the last.
bool certainly_frames(Bytes bytes, bool masked) noexcept;

} // namespace ws
