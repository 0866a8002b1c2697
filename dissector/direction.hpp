// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "frame_reader.hpp"
#include "message_assembler.hpp"
#include "resynchroniser.hpp"

namespace ws {

/// Everything that the decoding of the next bytes depends on. A copy, taken before a chunk, makes a later visit repeat the first:
/// the shared buffers only ever grow, and their sizes are kept here.
struct Position {
    FrameReader::Position reader;
    Resynchroniser::Position resync;
    MessageAssembler::Position message;

    /// Nothing is in progress.
    bool at_boundary() const {
        return reader.state == FrameReader::State::at_boundary && !resync.on_trial && message.state == MessageState::none;
    }
};

/// The next piece of one direction's stream.
struct Chunk {
    Bytes bytes;
    std::uint64_t lost_before = 0; ///< Bytes of the stream between the last chunk and this one that were not captured.
    std::uint64_t lost_after = 0;  ///< Bytes cut off the end of this chunk by the snap length.
    bool answered = false;         ///< The other side sent frames between the last chunk and this one.
};

/// Decodes what one side sends. It describes and never stops: after a violation it goes on as well as the bytes allow.
class DirectionDecoder {
  public:
    explicit DirectionDecoder(const DirectionTerms& terms);

    /// Decodes the next bytes of the stream from `position`, which moves on.
    void feed(Position& position, const Chunk& chunk, const Visit& visit, const Arena& arena, Facts& facts) noexcept;

    /// Which frame was the first Close frame of this side, if there was one.
    std::optional<std::uint32_t> close_index() const noexcept { return close_index_; }

  private:
    class Feed;
    DirectionTerms terms_;
    Inflation inflation_;
    std::optional<std::uint32_t> close_index_;
};

} // namespace ws
