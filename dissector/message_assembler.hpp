// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "frame_rules.hpp"
#include "inflate_history.hpp"
#include "utf8.hpp"

#include <memory>
#include <vector>

namespace ws {

/// Which visit of a packet it is.
struct Visit {
    std::uint32_t packet;
    bool first;    ///< Bytes are seen for the first time, in order.
    bool revisits; ///< There may be later visits.
};

/// One direction's DEFLATE stream. Most connections never compress: it is made for the first message that is.
class Inflation {
  public:
    struct Stream {
        InflateHistory history;
        InflatedBytes output; ///< Scratch.
    };
    /// `complete`: nothing was lost before the direction's first byte.
    explicit Inflation(bool complete) : complete_(complete) {}

    /// The same terms each time.
    Stream& stream(const DirectionTerms& terms);
    /// What follows may refer to what was not seen.
    void lose_context() noexcept;

  private:
    bool complete_; ///< Nothing was lost before the stream was made.
    std::unique_ptr<Stream> stream_;
};

/// Puts messages together from frames, inflates them and checks their text (RFC 6455 5.4, 5.6, 8.1; RFC 7692).
class MessageAssembler {
  public:
    /// What the frames but the last have brought.
    struct Fragments {
        std::vector<std::uint8_t> data;
        std::vector<Fragment> list;
    };
    struct Position {
        MessageState state = MessageState::none;
        std::uint8_t opcode = 0; ///< Of the message's first frame.
        bool compressed = false;
        bool opaque = false;
        bool after_loss = false;
        bool failed = false; ///< A frame of it could not be inflated by itself (x-webkit-deflate-frame).
        bool utf8_reported = false;
        Undecoded lacks = Undecoded::no;
        Utf8Validator utf8;
        std::uint32_t number = 1; ///< Of the message that is open or comes next.
        std::uint32_t inflate_index = 0;
        std::uint32_t frames = 0;
        std::uint64_t wire_length = 0;
        std::shared_ptr<Fragments> fragments; ///< Shared by copies; it only grows. Null: no frame of it is complete.
        std::size_t size = 0;                 ///< Of their data.
    };

    MessageAssembler(Position& position, const DirectionTerms& terms, Inflation& inflation, const Visit& visit,
                     const Arena& arena)
        : p_(position), terms_(terms), inflation_(inflation), visit_(visit), arena_(arena) {}

    /// A data frame; it is told which message it belongs to, the message if it completes one, and what is wrong with that.
    void add(Frame& frame);

    /// Bytes are lost: frames of any kind may have been among them.
    void lose();

  private:
    void begin(Frame& frame);
    void take(Frame& frame);
    void complete(Frame& frame, Bytes piece);
    void finish_inflated(Message& message, Frame& frame, bool& utf8_good);
    Bytes inflate(Bytes in, Frame& frame, Undecoded& undecoded);
    Bytes inflate_frame(Frame& frame);
    void check_text(Bytes piece, Frame& frame);
    void lose_context();
    bool by_frame() const { return terms_.negotiated.compression == Negotiated::Compression::deflate_frame; }

    Position& p_;
    const DirectionTerms& terms_;
    Inflation& inflation_;
    const Visit& visit_;
    const Arena& arena_;
};

} // namespace ws
