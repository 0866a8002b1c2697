// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "extensions.hpp"
#include "frame.hpp"

#include <vector>

namespace ws {

/// What is known of a direction whose frame borders are not.
struct BorderHints {
    bool masked = false; ///< Its frames are masked.
    Negotiated negotiated;
    bool foreign = false; ///< It may be no WebSocket at all.
    bool aligned = false; ///< Its segments have begun with frames so far.
};

/// Could a frame begin with this header, sent by a peer that keeps to the rules?
bool plausible(const FrameHeader& header, const BorderHints& hints) noexcept;

/// Frames one after the other, as far as the bytes can be read so.
struct Chain {
    std::size_t begin = 0;  ///< Of its first header.
    std::size_t before = 0; ///< Bytes of the segment before it.
    std::size_t end = 0;    ///< Where the next header is expected; it may lie beyond the bytes.
    std::uint32_t headers = 0;
    std::uint32_t bits = 0; ///< How unlikely other bytes are to look so: one of 2^bits does.
    bool telling = false; ///< Not only by its structure, which other protocols may share: text that is text, a long exact length.
    bool fits = true;     ///< Nothing implausible.
    bool exact = false;   ///< Its last frame ends where the bytes end.
    enum class Message : std::uint8_t { unknown, open, none } message = Message::unknown; ///< In progress at `end`.
    FrameHeader last;                                                                     ///< Of the frames.
    bool counts = false;                                                                  ///< `last` added to `bits`.
};

/// Follows the chain through `bytes`, whose offsets are the chain's, for at most `most` more headers. Payload is looked at too:
/// text must be text, and close codes valid.
void follow(Chain& chain, Bytes bytes, const BorderHints& hints, std::uint32_t most = 0xffffffff) noexcept;

/// Looks for the next frame border of a direction that is known to carry WebSocket, while the bytes come in.
class BorderSearch {
  public:
    /// `bytes`: all since the search began, those of earlier calls at its front. Returns the offset from which on they look
    /// like frames: four headers, or enough of text, or frames that end where the bytes end. bytes.size(): none so far.
    std::size_t next(Bytes bytes, const BorderHints& hints) noexcept;

  private:
    std::vector<Chain> open_; ///< That may still prove true, by begin.
    std::size_t searched_ = 0;
};

/// The same in bytes that nothing follows.
std::size_t find_border(Bytes bytes, const BorderHints& hints) noexcept;

} // namespace ws
