// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "extensions.hpp"
#include "frame.hpp"
#include "inflater.hpp"

#include <vector>

namespace ws {

/// What is known of a direction whose frame boundaries are not.
struct BoundaryHints {
    bool masked = false; ///< Its frames are masked.
    Negotiated negotiated;
    bool foreign = false;  ///< It may be no WebSocket at all.
    bool aligned = false;  ///< Its segments have begun with frames so far.
    bool in_frame = false; ///< The length of a frame says that these bytes are its payload.
    bool answered = false; ///< The other side has sent frames since the last segment.
};

/// The length of a frame says that the bytes behind its header are its payload, and they look like frames in so many segments one
/// after the other, before `answered` of which the other side sent frames. Is that length wrong? A payload may have frames in it
/// (WebSocket sent through WebSocket); a peer that has a long frame to send sends it without a pause.
constexpr bool outweighs_length(std::uint32_t segments, std::uint32_t answered) {
    return segments + (answered ? 1 : 0) >= 4;
}

/// Inflates what may be compressed messages, to see whether they are. It costs nothing before the first.
struct TrialInflation {
    Inflater inflater;
    InflatedBytes output;
};

/// Could a frame begin with this header, sent by a peer that keeps to the rules?
bool plausible(const FrameHeader& header, const BoundaryHints& hints) noexcept;

/// Frames one after the other, as far as the bytes can be read so.
struct Chain {
    std::size_t begin = 0;  ///< Of its first header.
    std::size_t before = 0; ///< Bytes of the segment before it.
    std::size_t end = 0;    ///< Where the next header is expected; it may lie beyond the bytes.
    std::uint32_t headers = 0;
    std::uint32_t segments = 0; ///< That these are in, and
    std::uint32_t answered = 0; ///< that the other side's frames came before; both counted by a search within a frame only.
    std::uint32_t patterns = 0; ///< Headers that only go on with a pattern, and tell nothing.
    std::uint32_t bits = 0;     ///< How unlikely other bytes are to look so: one of 2^bits does.
    bool telling = false; ///< Not only by its structure, which other protocols may share: text that is text, a long exact length.
    bool fits = true;     ///< Nothing implausible.
    bool exact = false;   ///< Its last frame ends where the bytes end.
    enum class Message : std::uint8_t { unknown, open, none } message = Message::unknown; ///< In progress at `end`.
    FrameHeader last;                                                                     ///< Of the frames.
    bool counts = false;                                                                  ///< `last` added to `bits`.
};

/// Follows the chain through `bytes`, whose offsets are the chain's, for at most `most` more headers. Payload is looked at too:
/// text must be text, and close codes valid.
void follow(Chain& chain, Bytes bytes, const BoundaryHints& hints, TrialInflation& trial,
            std::uint32_t most = 0xffffffff) noexcept;

/// Looks for the next frame boundary of a direction that is known to carry WebSocket, while the bytes come in.
class BoundarySearch {
  public:
    /// `bytes`: all since the search began, those of earlier calls at its front. Returns the offset from which on they look
    /// like frames: four headers, or enough of text, or frames that end where the bytes end; within a frame, frames in several
    /// segments. bytes.size(): none so far.
    std::size_t next(Bytes bytes, const BoundaryHints& hints, TrialInflation& trial) noexcept;

  private:
    std::size_t next_in_frame(Bytes bytes, const BoundaryHints& hints, TrialInflation& trial);

    std::vector<Chain> open_; ///< That may still prove true, by begin.
    std::size_t searched_ = 0;
};

} // namespace ws
