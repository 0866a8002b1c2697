// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "border.hpp"
#include "extensions.hpp"
#include "facts.hpp"
#include "inflate_history.hpp"
#include "utf8.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace ws {

/// What a user may set.
struct Limits {
    std::size_t message = std::size_t{16} << 20; ///< Longest inflated message, in bytes.
};

/// Everything that the decoding of the next bytes depends on. A copy, taken before a chunk, makes a later visit repeat the first:
/// the shared buffers only ever grow, and their sizes are kept here.
struct Position {
    struct FrameBytes {
        std::vector<std::uint8_t> bytes;
    };
    struct MessageBytes {
        std::vector<std::uint8_t> data;
        std::vector<Fragment> fragments;
    };

    // Where in the direction
    std::uint32_t frame_index = 0;
    std::uint32_t message_number = 1; ///< Of the message that is open or comes next.
    std::uint32_t inflate_index = 0;
    bool close_seen = false;
    bool searching = false; ///< Looking for a frame border, in the bytes that `frame` has.
    BorderSearch search;
    Undecoded search_reason = Undecoded::gap; ///< Why what is passed over was not decoded.
    std::uint64_t search_within = 0;          ///< So many bytes are still of a frame that is too long to hold, by its header.
    bool resynchronised = false;              ///< It was found; the next frame says so.
    std::uint8_t on_trial = 0;                ///< So many headers after it are to prove that it was one.
    static constexpr std::uint8_t most_aligned = 8;
    std::uint8_t aligned = 0;     ///< Grows with each chunk that begins with a frame, and falls with others.
    bool message_unknown = false; ///< A message may have begun in bytes that were not seen.

    // The frame in progress (RFC 6455 5.2)
    std::shared_ptr<FrameBytes> frame; ///< Null: none.
    std::size_t frame_size = 0;        ///< Bytes of it in `frame`, contiguous from its first.
    std::uint64_t frame_seen = 0;      ///< Bytes of it that have passed, captured or not.
    Undecoded frame_lacks = Undecoded::no;
    std::size_t doubt_begin = 0;  ///< Where in `frame` chunks begin that look like frames: its length may be a lie. 0: nowhere.
    std::uint32_t doubt_bits = 0; ///< How much speaks for it,
    std::uint32_t doubt_segments = 0; ///< in so many chunks,
    std::uint32_t doubt_answered = 0; ///< before which the other side sent frames.

    // The message in progress (RFC 6455 5.4)
    bool message_open = false;
    std::uint8_t message_opcode = 0;
    bool message_compressed = false;
    bool message_opaque = false;
    bool message_failed = false; ///< A frame of it could not be inflated by itself (x-webkit-deflate-frame).
    Undecoded message_lacks = Undecoded::no;
    std::uint32_t message_frames = 0;
    std::uint64_t message_wire_length = 0;
    Utf8Validator utf8;
    bool utf8_reported = false;
    std::shared_ptr<MessageBytes> message; ///< Null: no frame of it is complete.
    std::size_t message_size = 0;

    /// Nothing is in progress.
    bool at_border() const { return !frame && !on_trial && !message_open && !searching && !message_unknown; }
    /// How many of the bytes that come next are of the frame in progress; none if they do not tell.
    std::optional<std::uint64_t> rest_of_frame(Bytes next) const noexcept;
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
    struct Visit {
        std::uint32_t packet;
        bool first;    ///< Bytes are seen for the first time, in order.
        bool revisits; ///< There may be later visits.
    };

    DirectionDecoder(Direction direction, const Negotiated& negotiated, Limits limits);

    /// Decodes the next bytes of the stream from `position`, which moves on.
    void feed(Position& position, const Chunk& chunk, const Visit& visit, const Arena& arena, Facts& facts) noexcept;

  private:
    class Feed;
    Direction direction_;
    Negotiated negotiated_;
    Limits limits_;
    InflateHistory inflate_;
    std::vector<std::uint8_t> output_; ///< Scratch.
};

} // namespace ws
