// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "frame_boundary.hpp"

#include <optional>

namespace ws {

/// After a request whose response was not captured: may these bytes of the client's begin with a frame, or with a part of its
/// header?
bool may_begin_with_frames(Bytes bytes) noexcept;

/// The same of the server, which may send a body: are they frames?
bool are_frames_of_server(Bytes bytes) noexcept;

/// Tells whether a TCP connection of which nothing is known carries WebSocket frames, by its payload alone. One segment may be
/// enough, or several are; both directions count. It errs on the side of silence: noise must look like frames in all of 21 bits,
/// and other protocols have more structure than noise, so that more than structure must speak for WebSocket.
class Recogniser {
  public:
    struct Segment {
        unsigned end; ///< Which end of the connection sent it, 0 or 1.
        std::optional<std::uint32_t> sequence;
        Bytes bytes;
        std::uint64_t cut; ///< Bytes that the snap length cut off.
    };
    struct Result {
        bool recognised = false;
        unsigned client = 0; ///< The end that masks its frames.
        bool fits[2] = {};   ///< By end: what it sent so far may be frames. If neither does, nothing needs to be remembered.
        std::optional<std::uint32_t> boundary[2] = {}; ///< By end, if recognised: where frames are known to begin.
    };

    /// `owned`: another dissector took these bytes for its own, so that more evidence is needed. `thorough`: frames are looked
    /// for in the midst of the segment too: a capture may begin anywhere.
    Result feed(const Segment& segment, bool owned, bool thorough) noexcept;

    /// The `count`th segment of one end may be searched for frames from any byte on: later ones more and more rarely (those that
    /// are powers of two), as the capture may have begun in a frame of any length.
    static constexpr bool worth_searching(std::uint16_t count) { return count <= most_searched || !(count & (count - 1)); }
    /// Bytes that no frame begins with at once, in a connection where a frame begins: most segments of other protocols.
    static bool out_of_the_question(Bytes bytes) noexcept;
    /// Frames may begin in the midst of this segment.
    static bool has_frames(Bytes bytes) noexcept;

  private:
    static constexpr std::uint16_t most_searched = 64;

    /// One end, taken for the client or for the server.
    struct Track {
        bool fits = false;
        bool found = false;                    ///< It began in the midst of a segment.
        bool header_cut = false;               ///< It ends in the midst of a header: nothing follows it.
        Chain chain;                           ///< Its offsets count from the beginning of the last segment.
        std::optional<std::uint32_t> begin;    ///< Sequence number at chain.begin, if a segment begins there.
        std::optional<std::uint32_t> boundary; ///< Sequence number at chain.end.

        /// How much it tells.
        std::uint32_t weight() const noexcept;
    };
    static void follow(Track& track, const Segment& segment, bool masked, bool thorough, TrialInflation& trial) noexcept;

    Track tracks_[2][2]; ///< [which end is the client][end]
};

} // namespace ws
