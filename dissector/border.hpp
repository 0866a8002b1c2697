// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "extensions.hpp"
#include "frame.hpp"

namespace ws {

/// What is known of a direction whose frame borders are not.
struct BorderHints {
    bool masked = false;        ///< Its frames are masked.
    Negotiated negotiated;
};

/// Could a frame begin with this header, sent by a peer that keeps to the rules?
bool plausible(const FrameHeader& header, const BorderHints& hints) noexcept;

/// The first offset from which `bytes` look like frames one after the other, or bytes.size(). Evidence enough is a chain that ends
/// exactly where the bytes end, or one of at least three headers.
std::size_t find_border(Bytes bytes, const BorderHints& hints) noexcept;

/// How many whole frames `bytes` begin with, if they are frames from the first to the last byte (the last may be cut), else 0.
std::size_t count_frames(Bytes bytes, const BorderHints& hints) noexcept;

} // namespace ws
