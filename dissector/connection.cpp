// SPDX-License-Identifier: GPL-2.0-or-later
#include "connection.hpp"

#include <algorithm>
#include <utility>

namespace ws {
namespace {

constexpr auto index(Direction direction) {
    return static_cast<std::size_t>(direction);
}

} // namespace

Connection::Connection(const Negotiated& negotiated, Limits limits)
    : sides_{Side(DirectionDecoder(Direction::client_to_server, negotiated, limits)),
             Side(DirectionDecoder(Direction::server_to_client, negotiated, limits))} {
    for (auto& side : sides_) {
        side.position.searching = !negotiated.known;
        side.position.message_unknown = !negotiated.known;
    }
}

void Connection::begin(Direction direction) {
    auto& position = sides_[index(direction)].position;
    position.searching = position.message_unknown = false;
}

void Connection::resume(Direction direction) {
    auto& position = sides_[index(direction)].position;
    position.searching = false;
    position.resynchronised = true;
}

void Connection::trust_segments() {
    for (auto& side : sides_)
        side.position.aligned = Position::most_aligned;
}

void Connection::expect(Direction direction, std::uint32_t segment, std::uint32_t all) {
    auto& side = sides_[index(direction)];
    if (!side.sequence.next())
        side.sequence.expect(side.unnumbered >= all - segment ? all : segment);
}

Connection::Record Connection::record(const Side& side, const Piece& piece) {
    const auto& p = side.position;
    return {piece.packet,
            piece.ordinal,
            0,
            p.frame_index,
            p.message_number,
            p.inflate_index,
            0,
            p.close_seen,
            p.aligned,
            false,
            p.at_border() ? nullptr : std::make_unique<Position>(p)};
}

Position Connection::restore(const Record& record) {
    if (record.within)
        return *record.within;
    Position position;
    position.frame_index = record.frame_index;
    position.message_number = record.message_number;
    position.inflate_index = record.inflate_index;
    position.close_seen = record.close_seen;
    position.aligned = record.aligned;
    return position;
}

std::uint32_t Connection::find(const std::vector<Completed>& completed, std::uint32_t number) {
    const auto it = std::lower_bound(completed.begin(), completed.end(), number,
                                     [](const Completed& c, std::uint32_t n) { return c.number < n; });
    return it != completed.end() && it->number == number ? it->packet : 0;
}

Facts Connection::decode(Side& side, Position& position, const Piece& piece, const Record& how, bool first, bool revisits,
                         const Arena& arena) noexcept {
    const auto repeated = std::min<std::size_t>(how.repeated, piece.bytes.size());
    const Chunk chunk{piece.bytes.subspan(repeated), how.lost_before,
                      std::min(piece.cut, piece.bytes.size() + piece.cut - how.repeated), how.answered};
    Facts facts;
    side.decoder.feed(position, chunk, {piece.packet, first, revisits}, arena, facts);
    for (auto& frame : facts.frames) {
        frame.offset += static_cast<std::uint32_t>(repeated);
        link(frame, piece, first);
        if (first && revisits && frame.spread)
            side.frames.push_back({frame.index, piece.packet});
        if (first && revisits && frame.completes && frame.completes->fragments)
            side.messages.push_back({frame.message, piece.packet});
        if (!first && frame.message && !frame.header.fin)
            frame.reassembled_in = find(side.messages, frame.message);
    }
    for (auto& rest : facts.rests) {
        rest.offset += static_cast<std::uint32_t>(repeated);
        if (!first && rest.undecoded == Undecoded::no)
            rest.reassembled_in = find(side.frames, rest.frame_index);
    }
    return facts;
}

Facts Connection::feed(const Piece& piece, bool revisits, const Arena& arena) noexcept {
    auto& side = sides_[index(piece.direction)];
    auto how = revisits ? record(side, piece) : Record{};
    const auto length = static_cast<std::uint32_t>(piece.bytes.size() + piece.cut);
    if (piece.sequence) {
        const auto [lost, repeated] = side.sequence.advance(*piece.sequence, length);
        how.lost_before = lost;
        how.repeated = repeated;
    } else if (const auto next = side.sequence.next()) {
        side.sequence.expect(*next + length);
    } else {
        side.unnumbered += length;
    }
    how.answered = std::exchange(side.answered, false);
    const auto facts = decode(side, side.position, piece, how, true, revisits, arena);
    if (!facts.frames.empty())
        sides_[index(opposite(piece.direction))].answered = true;
    if (revisits)
        side.records.push_back(std::move(how));
    return facts;
}

Facts Connection::again(const Piece& piece, const Arena& arena) noexcept {
    auto& side = sides_[index(piece.direction)];
    const auto it = std::lower_bound(side.records.begin(), side.records.end(), piece, [](const Record& r, const Piece& p) {
        return r.packet != p.packet ? r.packet < p.packet : r.ordinal < p.ordinal;
    });
    if (it == side.records.end() || it->packet != piece.packet || it->ordinal != piece.ordinal)
        return {};
    auto position = restore(*it);
    return decode(side, position, piece, *it, false, true, arena);
}

bool Connection::goes_on_with(Direction direction, std::uint32_t sequence, std::uint32_t length) const noexcept {
    return sides_[index(direction)].sequence.goes_on_with(sequence, length);
}

bool Connection::closed(Direction direction) const noexcept {
    return sides_[index(direction)].position.close_seen;
}

std::optional<std::size_t> Connection::first_border(const Piece& piece) const noexcept {
    const auto& side = sides_[index(piece.direction)];
    SequenceTracker::Advance advance;
    if (piece.sequence)
        advance = side.sequence.compare(*piece.sequence, static_cast<std::uint32_t>(piece.bytes.size()));
    const auto [lost, repeated] = advance;
    const auto rest = side.position.rest_of_frame(lost ? Bytes{} : piece.bytes.subspan(repeated));
    if (!rest || *rest < lost || *rest - lost > piece.bytes.size() - repeated)
        return std::nullopt;
    return repeated + static_cast<std::size_t>(*rest - lost);
}

void Connection::pass_over(const Piece& piece) noexcept {
    std::optional<std::uint32_t> next;
    if (piece.sequence)
        next = static_cast<std::uint32_t>(*piece.sequence + piece.bytes.size() + piece.cut);
    sides_[index(piece.direction)].sequence.expect(next);
}

void Connection::take_back(Direction direction, std::uint32_t sequence) noexcept {
    sides_[index(direction)].sequence.expect(sequence);
}

void Connection::link(Frame& frame, const Piece& piece, bool first) noexcept {
    if (frame.undecoded != Undecoded::no && frame.header.opcode != opcode::close)
        return; // what it says is not known
    switch (frame.header.opcode) {
    case opcode::ping:
        if (first)
            pings_.ping(piece.direction, frame.index, frame.payload, piece.packet, piece.time);
        else
            frame.pong_in = pings_.answered_in(piece.direction, frame.index);
        break;
    case opcode::pong: {
        const auto answer = first ? pings_.pong(piece.direction, frame.index, frame.payload, piece.packet, piece.time)
                                  : pings_.answer_of(piece.direction, frame.index);
        frame.ping_in = answer.ping_packet;
        frame.round_trip = answer.round_trip;
        break;
    }
    case opcode::close: {
        const Close close{piece.direction, frame.index, piece.packet};
        if (!first_close_)
            first_close_ = close;
        else if (!answer_ && first_close_->direction != piece.direction)
            answer_ = close;
        frame.closes_first = close.is(*first_close_);
        if (answer_ && close.is(*answer_))
            frame.close_in = first_close_->packet;
        break;
    }
    default: break;
    }
}

} // namespace ws
