// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "facts.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace ws {

/// Appends to a buffer that a later visit of the same bytes may find filled already.
template <class T>
void append_once(std::vector<T>& buffer, std::size_t& size, std::span<const T> items) {
    const std::size_t there = buffer.size() - size;
    if (there < items.size())
        buffer.insert(buffer.end(), items.begin() + static_cast<std::ptrdiff_t>(there), items.end());
    size += items.size();
}

/// A buffer from this size on, in bytes, is handed over as it is, and smaller ones are copied.
constexpr std::size_t worth_keeping = std::size_t{1} << 16;

/// What such a buffer has, and these bytes after it; in the arena.
Bytes joined(const std::shared_ptr<std::vector<std::uint8_t>>& buffer, std::size_t size, Bytes last, const Arena& arena);

/// Cuts one chunk of a direction's stream into frames (RFC 6455 5.2); a Position leads from chunk to chunk.
class FrameReader {
  public:
    /// A frame longer than this is not waited for: no buffer could hold it. Its header is told at once.
    static constexpr std::uint64_t longest_frame = std::uint64_t{1} << 30;

    enum class State : std::uint8_t {
        at_boundary, ///< A frame begins with the next byte.
        in_header,   ///< In a frame, whose header is not whole.
        in_payload,  ///< In a frame, whose header is.
        lost         ///< Where frames begin is not known. The bytes held are those that are searched.
    };

    /// The frame in progress.
    struct Held {
        std::vector<std::uint8_t> bytes;
        std::vector<FrameSegment> segments; ///< That brought them; none if it began in bytes that were not understood at first.
    };

    struct Position {
        State state = State::at_boundary;
        Undecoded lacks = Undecoded::no; ///< Why bytes of the frame in progress are missing.
        std::uint32_t frame_index = 0;   ///< Of the frame in progress, or the next.
        std::shared_ptr<Held> held;      ///< What there is of it, shared by copies; it only grows. Null: nothing.
        std::size_t size = 0;            ///< Of its bytes, the contiguous ones from its first on.
        std::size_t segments = 0;        ///< How many of its segments.
        std::uint64_t seen = 0;          ///< Bytes of it that have passed, captured or not.

        Bytes bytes() const { return held ? Bytes(held->bytes).first(size) : Bytes{}; }
        /// The frame in progress, as far as its header is known.
        bool header(FrameHeader& header) const noexcept { return parse_frame_header(bytes(), header); }
        /// How many of the bytes that come next are of the frame in progress; none if they do not tell.
        std::optional<std::uint64_t> rest_of_frame(Bytes next) const noexcept;
        /// Nothing is in progress any more.
        void reset(State to) noexcept;
    };

    enum class Result : std::uint8_t {
        more,    ///< All that is left is of a frame that goes on.
        frame,   ///< One is complete.
        too_long ///< One is longer than longest_frame. What is left of the chunk is in it, and is not passed.
    };

    /// `packet`: that brought the chunk; 0: the bytes are of earlier chunks.
    FrameReader(Position& position, Bytes chunk, std::uint32_t packet, const Arena& arena)
        : p_(position), chunk_(chunk), packet_(packet), arena_(arena) {}

    std::size_t at() const { return at_; }
    Bytes left() const { return chunk_.subspan(at_); }
    void pass(std::size_t length) { at_ += length; }

    /// Reads on, unless the state is lost. Of `frame` it sets what the bytes tell: header, place, bytes, undecoded.
    Result read(Frame& frame);

    /// After the chunk `count` bytes of the stream are missing, of which the frame in progress takes what is its own; its header
    /// is known. True: it is complete with that.
    bool lose(std::uint64_t& count, Undecoded reason, Frame& frame);

    /// Adds what is left of the chunk to the bytes held, and passes nothing.
    void hold_rest();

    /// The end of the chunk that is of a frame in progress: how many bytes. They are to be told once.
    std::size_t take_part() noexcept;

  private:
    Result begin(Frame& frame);
    Result go_on(Frame& frame);
    void finish(const FrameHeader& header, Bytes last, Frame& frame);
    Result refuse(const FrameHeader& header, Bytes begun, Frame& frame);
    Result wait(State state, std::size_t length);
    void note_segment(std::size_t length);

    Position& p_;
    Bytes chunk_;
    std::size_t at_ = 0;
    std::uint32_t packet_;
    std::size_t part_ = 0;     ///< Bytes before at_ that are of the frame in progress.
    std::size_t begin_ = 0;    ///< Of the frame in progress,
    bool begins_here_ = false; ///< if it began in this chunk.
    const Arena& arena_;
};

} // namespace ws
