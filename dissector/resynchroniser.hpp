// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "direction_terms.hpp"
#include "facts.hpp"
#include "frame_boundary.hpp"

#include <algorithm>

namespace ws {

/// Finds out where frames begin in one direction: after bytes that were not captured, in a capture that begins in the midst, and
/// where the length in a frame's header proves wrong.
class Resynchroniser {
  public:
    /// What speaks against the length of the frame in progress: chunks in it that look like frames.
    struct Doubt {
        std::size_t begin = 0;      ///< Where in the frame the first of them begins. 0: nowhere.
        std::uint32_t bits = 0;     ///< How much speaks for them,
        std::uint32_t segments = 0; ///< in so many chunks,
        std::uint32_t answered = 0; ///< before which the other side sent frames.
    };
    struct Position {
        BoundarySearch search;
        std::uint64_t within = 0;          ///< So many bytes are still of a frame that is too long to hold, by its header.
        Doubt doubt;                       ///< About the frame in progress.
        Undecoded reason = Undecoded::gap; ///< Why what is passed over was not decoded.
        bool resynchronised = false;       ///< A boundary was found; the next frame says so.
        std::uint8_t on_trial = 0;         ///< So many headers after it are to prove that it was one.
        std::uint8_t aligned = 0;          ///< Grows with each chunk that begins with a frame, and falls with others.

        static constexpr std::uint8_t most_aligned = 8;
    };

    /// `answered`: the other side has sent frames since the last chunk.
    Resynchroniser(Position& position, const DirectionTerms& terms, bool answered)
        : p_(position), terms_(terms), answered_(answered) {}

    /// A frame begins with the chunk.
    void note_aligned() noexcept { p_.aligned = std::min<std::uint8_t>(p_.aligned + 1, Position::most_aligned); }
    /// A frame begins in its midst.
    void note_unaligned() noexcept { p_.aligned /= 2; }

    /// Does `chunk`, the next bytes of a frame, prove that its length is not true? A sender writes frames, and most segments
    /// begin with one: so it is if chunks that should be in the midst of a frame look like frames from their first byte to their
    /// last, one after the other. `size`: bytes of the frame before it, `seen` of which have passed.
    bool refutes_length(const FrameHeader& header, Bytes chunk, std::size_t size, std::uint64_t seen);
    /// Where in that frame the others begin. Nothing of it is in doubt after that.
    std::size_t end_doubt() noexcept;

    /// May a frame have this header, soon after a boundary was found?
    bool accepts(const FrameHeader& header) noexcept;

    /// The search begins. `within`: bytes of a frame that is too long to hold.
    void lose(Undecoded reason, std::uint64_t within = 0) noexcept;
    /// The search goes on in `bytes`, all that are held; returns the offset of a boundary, or bytes.size(). The last `fresh` of
    /// them are new.
    std::size_t search(Bytes bytes, std::size_t fresh);
    /// It begins anew: too much is held.
    void restart() noexcept { p_.search = {}; }
    /// It ends: a frame begins.
    void find(bool resynchronised) noexcept;
    /// Bytes are lost while it goes on. True: a frame begins behind them, as a header said.
    bool lose_within(std::uint64_t count) noexcept;

  private:
    BoundaryHints hints() const;

    Position& p_;
    const DirectionTerms& terms_;
    bool answered_;
    TrialInflation trial_;
};

} // namespace ws
