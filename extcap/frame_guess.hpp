// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "stream_watch.hpp"

namespace wscap {

/// Guesses from segments of a connection that already ran whether they carry WebSocket frames.
/// Nothing proves it without the handshake, so it asks for several segments that are filled exactly by
/// frames.
class FrameGuess {
  public:
    /// `length` is the payload's size on the wire; `payload` may be cut.
    Verdict segment(int direction, Bytes payload, std::uint32_t length) noexcept;

  private:
    std::uint8_t masked_[2] = {}, unmasked_[2] = {}, others_ = 0;
};

} // namespace wscap
