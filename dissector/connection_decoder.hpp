// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "direction.hpp"
#include "ping_pong.hpp"
#include "sequence_tracker.hpp"

#include <optional>

namespace ws {

/// One piece of payload as a packet carried it.
struct StreamData {
    Direction direction;
    Bytes bytes;                           ///< What was captured.
    std::uint64_t cut = 0;                 ///< Bytes that the snap length cut off its end.
    std::optional<std::uint32_t> sequence; ///< TCP sequence number of its first byte, where there is one.
    std::uint32_t packet;                  ///< From 1.
    std::uint32_t ordinal;                 ///< Which piece of this connection in the packet, from 0.
    std::int64_t time = 0;                 ///< Nanoseconds.
};

/// The first Close frame of a connection.
struct FirstClose {
    Direction from;
    std::uint32_t packet;
    std::optional<std::uint16_t> code; ///< RFC 6455 7.4; none in an empty payload.
};

/// One WebSocket connection after its opening handshake. Pieces are fed in order the first time; later visits ask for any of them
/// again, in any order, and get the same facts, and what has become known since: which packet holds the answer.
class ConnectionDecoder {
  public:
    /// `negotiated.known` false: the handshake was not seen; each direction then begins with a search for a frame boundary.
    ConnectionDecoder(const Negotiated& negotiated, Limits limits);

    /// One side begins with a frame, though the handshake's end was not seen.
    void begin(Direction direction);

    /// One side's next piece begins with a frame, which may go on with a message.
    void resume(Direction direction);

    /// It is known to be WebSocket, and its segments are taken to begin with frames where they look so.
    void assume_frame_aligned();

    /// Which sequence number comes next on one side, if no piece has told it yet: after its last `segment`, or after `all` that
    /// was captured, if pieces without numbers have brought that too.
    void expect(Direction direction, std::uint32_t segment, std::uint32_t all);

    /// The first time. `revisits`: again() may be asked for this piece.
    Facts feed(const StreamData& piece, bool revisits, const Arena& arena) noexcept;

    /// Later. A piece that was never fed has no facts.
    Facts again(const StreamData& piece, const Arena& arena) noexcept;

    /// Do such bytes have the next one of their side among them?
    bool goes_on_with(Direction direction, std::uint32_t sequence, std::uint32_t length) const noexcept;

    /// This side sent a Close frame.
    bool closed(Direction direction) const noexcept;

    /// The Close frame that answers none, if there was one.
    const std::optional<FirstClose>& first_close() const noexcept { return first_close_; }

    /// Where in a piece that is to be fed next a frame could begin; none if what is known of the direction does not tell.
    std::optional<std::size_t> first_boundary(const StreamData& piece) const noexcept;

    /// The first time: the end of this piece was not frames, and is not fed.
    void pass_over(const StreamData& piece) noexcept;

    /// The first time: of what was passed over, the bytes from here on come again.
    void take_back(Direction direction, std::uint32_t sequence) noexcept;

  private:
    /// How a piece was decoded; what again() needs.
    struct Record {
        std::uint32_t packet;
        std::uint32_t ordinal;
        std::uint32_t repeated; ///< Bytes at its start that were sent before.
        std::uint32_t frame_index;
        std::uint32_t message_number;
        std::uint32_t inflate_index;
        std::uint32_t lost_before;
        std::uint8_t aligned;
        bool answered;                    ///< The other side sent frames since this side's last piece.
        std::unique_ptr<Position> within; ///< Null: at a frame boundary, between messages.
    };
    /// Where something that began in an earlier packet was completed.
    struct Completed {
        std::uint32_t number; ///< Of the frame, or of the message.
        std::uint32_t packet;
    };
    struct Side {
        explicit Side(const DirectionTerms& terms);
        DirectionDecoder decoder;
        Position position;
        std::vector<Record> records;
        std::vector<Completed> frames;
        std::vector<Completed> messages;
        std::uint64_t unnumbered = 0; ///< Bytes before a sequence number was known.
    };
    /// Many connections stay silent: a side is made when it is first asked for.
    Side& side(Direction direction) const noexcept;
    static std::uint32_t find(const std::vector<Completed>& completed, std::uint32_t number);
    static Record record(const Side& side, const StreamData& piece);
    static Position restore(const Record& record);
    Facts decode(Side& side, Position& position, const StreamData& piece, const Record& how, bool first, bool revisits,
                 const Arena& arena) noexcept;
    void link_ping(Frame& frame, const StreamData& piece, bool first) noexcept;
    void link_close(Frame& frame, const StreamData& piece, bool first) noexcept;
    void link(Frame& frame, const StreamData& piece, bool first) noexcept;

    Negotiated negotiated_;
    Limits limits_;
    // Indexed by Direction
    mutable std::unique_ptr<Side> sides_[2]; ///< Null: not asked for so far.
    SequenceTracker sequences_[2];
    bool answered_[2] = {};           ///< The other side has sent frames since the last piece.
    std::unique_ptr<PingPong> pings_; ///< Null: neither ping nor pong so far.
    std::optional<FirstClose> first_close_;
};

} // namespace ws
