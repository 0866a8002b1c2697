// SPDX-License-Identifier: GPL-2.0-or-later
#include "connection_decoder.hpp"

#include <algorithm>
#include <utility>

namespace ws {
namespace {

constexpr auto index(Direction direction) {
    return static_cast<std::size_t>(direction);
}

void find_boundary(Position& position) {
    if (position.reader.state == FrameReader::State::lost)
        position.reader.state = FrameReader::State::at_boundary;
}

} // namespace

ConnectionDecoder::Side::Side(const DirectionTerms& terms) : decoder(terms) {
    if (!terms.negotiated.known) {
        position.reader.state = FrameReader::State::lost;
        position.message.state = MessageState::unknown;
    }
}

ConnectionDecoder::ConnectionDecoder(const Negotiated& negotiated, Limits limits) : negotiated_(negotiated), limits_(limits) {}

ConnectionDecoder::Side& ConnectionDecoder::side(Direction direction) const noexcept {
    auto& made = sides_[index(direction)];
    if (!made)
        made = std::make_unique<Side>(DirectionTerms{direction, negotiated_, limits_});
    return *made;
}

void ConnectionDecoder::begin(Direction direction) {
    auto& position = side(direction).position;
    find_boundary(position);
    if (position.message.state == MessageState::unknown)
        position.message.state = MessageState::none;
}

void ConnectionDecoder::resume(Direction direction) {
    auto& position = side(direction).position;
    find_boundary(position);
    position.resync.resynchronised = true;
}

void ConnectionDecoder::assume_frame_aligned() {
    for (const auto direction : {Direction::client_to_server, Direction::server_to_client})
        side(direction).position.resync.aligned = Resynchroniser::Position::most_aligned;
}

void ConnectionDecoder::expect(Direction direction, std::uint32_t segment, std::uint32_t all) {
    const auto& made = sides_[index(direction)];
    auto& sequence = sequences_[index(direction)];
    if (!sequence.next())
        sequence.expect(made && made->unnumbered >= all - segment ? all : segment);
}

ConnectionDecoder::Record ConnectionDecoder::record(const Side& side, const StreamData& piece) {
    const auto& p = side.position;
    return {piece.packet,
            piece.ordinal,
            0,
            p.reader.frame_index,
            p.message.number,
            p.message.inflate_index,
            0,
            p.resync.aligned,
            false,
            p.at_boundary() ? nullptr : std::make_unique<Position>(p)};
}

Position ConnectionDecoder::restore(const Record& record) {
    if (record.within)
        return *record.within;
    Position position;
    position.reader.frame_index = record.frame_index;
    position.message.number = record.message_number;
    position.message.inflate_index = record.inflate_index;
    position.resync.aligned = record.aligned;
    return position;
}

std::uint32_t ConnectionDecoder::find(const std::vector<Completed>& completed, std::uint32_t number) {
    const auto it = std::lower_bound(completed.begin(), completed.end(), number,
                                     [](const Completed& c, std::uint32_t n) { return c.number < n; });
    return it != completed.end() && it->number == number ? it->packet : 0;
}

Facts ConnectionDecoder::decode(Side& side, Position& position, const StreamData& piece, const Record& how, bool first,
                                bool revisits, const Arena& arena) noexcept {
    const auto repeated = std::min<std::size_t>(how.repeated, piece.bytes.size());
    const Chunk chunk{piece.bytes.subspan(repeated), how.lost_before,
                      std::min(piece.cut, piece.bytes.size() + piece.cut - how.repeated), how.answered};
    Facts facts;
    side.decoder.feed(position, chunk, {piece.packet, first, revisits}, arena, facts);
    for (auto& event : facts.events) {
        offset_of(event) += static_cast<std::uint32_t>(repeated);
        if (auto* part = std::get_if<FramePart>(&event); part && !first)
            part->reassembled_in = find(side.frames, part->frame_index);
        auto* frame = std::get_if<Frame>(&event);
        if (!frame)
            continue;
        if (first)
            answered_[index(opposite(piece.direction))] = true;
        link(*frame, piece, first);
        if (first && revisits && frame->spread)
            side.frames.push_back({frame->index, piece.packet});
        if (first && revisits && frame->completes && frame->completes->fragments)
            side.messages.push_back({frame->message, piece.packet});
        if (!first && frame->message && !frame->header.fin)
            frame->reassembled_in = find(side.messages, frame->message);
    }
    return facts;
}

Facts ConnectionDecoder::feed(const StreamData& piece, bool revisits, const Arena& arena) noexcept {
    auto& side = this->side(piece.direction);
    auto& sequence = sequences_[index(piece.direction)];
    auto how = revisits ? record(side, piece) : Record{};
    const auto length = static_cast<std::uint32_t>(piece.bytes.size() + piece.cut);
    if (piece.sequence) {
        const auto [lost, repeated] = sequence.advance(*piece.sequence, length);
        how.lost_before = lost;
        how.repeated = repeated;
    } else if (const auto next = sequence.next()) {
        sequence.expect(*next + length);
    } else {
        side.unnumbered += length;
    }
    how.answered = std::exchange(answered_[index(piece.direction)], false);
    const auto facts = decode(side, side.position, piece, how, true, revisits, arena);
    if (revisits)
        side.records.push_back(std::move(how));
    return facts;
}

Facts ConnectionDecoder::again(const StreamData& piece, const Arena& arena) noexcept {
    auto& side = this->side(piece.direction);
    const auto it = std::lower_bound(side.records.begin(), side.records.end(), piece, [](const Record& r, const StreamData& p) {
        return r.packet != p.packet ? r.packet < p.packet : r.ordinal < p.ordinal;
    });
    if (it == side.records.end() || it->packet != piece.packet || it->ordinal != piece.ordinal)
        return {};
    auto position = restore(*it);
    return decode(side, position, piece, *it, false, true, arena);
}

bool ConnectionDecoder::goes_on_with(Direction direction, std::uint32_t sequence, std::uint32_t length) const noexcept {
    return sequences_[index(direction)].goes_on_with(sequence, length);
}

bool ConnectionDecoder::closed(Direction direction) const noexcept {
    const auto& made = sides_[index(direction)];
    return made && made->decoder.close_index().has_value();
}

std::optional<std::size_t> ConnectionDecoder::first_boundary(const StreamData& piece) const noexcept {
    SequenceTracker::Advance advance;
    if (piece.sequence)
        advance = sequences_[index(piece.direction)].compare(*piece.sequence, static_cast<std::uint32_t>(piece.bytes.size()));
    const auto [lost, repeated] = advance;
    const auto rest = side(piece.direction).position.reader.rest_of_frame(lost ? Bytes{} : piece.bytes.subspan(repeated));
    if (!rest || *rest < lost || *rest - lost > piece.bytes.size() - repeated)
        return std::nullopt;
    return repeated + static_cast<std::size_t>(*rest - lost);
}

void ConnectionDecoder::pass_over(const StreamData& piece) noexcept {
    std::optional<std::uint32_t> next;
    if (piece.sequence)
        next = static_cast<std::uint32_t>(*piece.sequence + piece.bytes.size() + piece.cut);
    sequences_[index(piece.direction)].expect(next);
}

void ConnectionDecoder::take_back(Direction direction, std::uint32_t sequence) noexcept {
    sequences_[index(direction)].expect(sequence);
}

void ConnectionDecoder::link(Frame& frame, const StreamData& piece, bool first) noexcept {
    if (frame.undecoded != Undecoded::no && frame.header.opcode != opcode::close)
        return; // what it says is not known
    switch (frame.header.opcode) {
    case opcode::ping:
    case opcode::pong: link_ping(frame, piece, first); break;
    case opcode::close: link_close(frame, piece, first); break;
    default: break;
    }
}

void ConnectionDecoder::link_ping(Frame& frame, const StreamData& piece, bool first) noexcept {
    if (!pings_)
        pings_ = std::make_unique<PingPong>();
    if (frame.header.opcode == opcode::ping) {
        if (first)
            pings_->ping(piece.direction, frame.index, frame.payload, piece.packet, piece.time);
        else
            frame.pong_in = pings_->answered_in(piece.direction, frame.index);
        return;
    }
    const auto answer = first ? pings_->pong(piece.direction, frame.index, frame.payload, piece.packet, piece.time)
                              : pings_->answer_of(piece.direction, frame.index);
    frame.ping_in = answer.ping_packet;
    frame.round_trip = answer.round_trip;
}

/// The first Close frame of one side closes the connection, that of the other answers (RFC 6455 5.5.1).
void ConnectionDecoder::link_close(Frame& frame, const StreamData& piece, bool first) noexcept {
    if (frame.index != side(piece.direction).decoder.close_index())
        return;
    if (first && !first_close_) {
        first_close_ = FirstClose{piece.direction, piece.packet, {}};
        if (frame.payload.size() >= 2)
            first_close_->code = static_cast<std::uint16_t>(frame.payload[0] << 8 | frame.payload[1]);
    }
    frame.closes_first = first_close_->from == piece.direction;
    if (!frame.closes_first)
        frame.close_in = first_close_->packet;
}

} // namespace ws
