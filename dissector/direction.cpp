// SPDX-License-Identifier: GPL-2.0-or-later
#include "direction.hpp"

namespace ws {
namespace {

/// Bytes in which a boundary is looked for before the search begins anew.
constexpr std::size_t longest_search = 1 << 20;

} // namespace

const char* undecoded_name(Undecoded reason) {
    constexpr const char* names[] = {"", "gap", "truncated", "no_context", "limit", "resynchronised"};
    return names[static_cast<unsigned>(reason)];
}

DirectionDecoder::DirectionDecoder(const DirectionTerms& terms) : terms_(terms), inflation_(terms.negotiated.known) {}

/// One call of feed(): the machines at work on one chunk.
class DirectionDecoder::Feed {
  public:
    /// `again`: the bytes are of earlier chunks.
    Feed(DirectionDecoder& decoder, Position& position, const Chunk& chunk, bool again, const Visit& visit, const Arena& arena,
         Facts& facts)
        : d_(decoder), p_(position), bytes_(chunk.bytes), again_(again),
          reader_(position.reader, chunk.bytes, again ? 0 : visit.packet, arena),
          resync_(position.resync, decoder.terms_, chunk.answered),
          messages_(position.message, decoder.terms_, decoder.inflation_, visit, arena), visit_(visit), arena_(arena),
          facts_(facts) {}

    void run();
    void lose(std::uint64_t count, Undecoded reason);
    void tell_part();

  private:
    using enum FrameReader::State;

    void begin_chunk();
    void give_up_frame(const FrameHeader& header);
    void read();
    void search();
    void read_again(Bytes held);
    void begin_search(Undecoded reason, std::uint64_t within = 0);
    void skip(std::size_t length, Undecoded reason, std::uint64_t missing = 0);
    void emit(Frame& frame);

    DirectionDecoder& d_;
    Position& p_;
    Bytes bytes_;
    bool again_;
    bool told_ = false; ///< What is left of the chunk was told with a frame.
    FrameReader reader_;
    Resynchroniser resync_;
    MessageAssembler messages_;
    const Visit& visit_;
    const Arena& arena_;
    Facts& facts_;
};

void DirectionDecoder::feed(Position& position, const Chunk& chunk, const Visit& visit, const Arena& arena,
                            Facts& facts) noexcept {
    Feed feed(*this, position, chunk, false, visit, arena, facts);
    if (chunk.lost_before)
        feed.lose(chunk.lost_before, Undecoded::gap);
    feed.run();
    if (chunk.lost_after)
        feed.lose(chunk.lost_after, Undecoded::truncated);
    feed.tell_part();
}

void DirectionDecoder::Feed::run() {
    if (!again_)
        begin_chunk();
    while (reader_.at() < bytes_.size()) {
        if (p_.reader.state == lost)
            search();
        else
            read();
    }
    told_ = false;
}

void DirectionDecoder::Feed::begin_chunk() {
    if (p_.reader.state == at_boundary)
        return resync_.note_aligned();
    if (p_.reader.state == lost)
        return;
    if (const auto rest = p_.reader.rest_of_frame(bytes_); !rest || *rest < bytes_.size())
        resync_.note_unaligned();
    FrameHeader header;
    if (p_.reader.state == in_payload && p_.reader.lacks == Undecoded::no && !bytes_.empty() && p_.reader.header(header) &&
        resync_.refutes_length(header, bytes_, p_.reader.size, p_.reader.seen))
        give_up_frame(header);
}

/// The frame in progress is none, or not as long as it says.
void DirectionDecoder::Feed::give_up_frame(const FrameHeader& header) {
    const auto held = arena_.copy(p_.reader.bytes());
    const auto begin = resync_.end_doubt();
    p_.reader.reset(at_boundary);
    Frame frame;
    frame.header = header;
    frame.spread = true;
    frame.undecoded = Undecoded::gap;
    frame.bytes = held.first(begin);
    emit(frame);
    begin_search(Undecoded::gap);
    resync_.find(true);
    p_.reader.state = at_boundary;
    read_again(held.subspan(begin));
}

void DirectionDecoder::Feed::read() {
    FrameHeader header;
    if (p_.resync.on_trial && p_.reader.state == at_boundary && parse_frame_header(reader_.left(), header) &&
        !resync_.accepts(header))
        return begin_search(Undecoded::gap);
    Frame frame;
    const auto result = reader_.read(frame);
    if (result == FrameReader::Result::more)
        return;
    emit(frame);
    if (result == FrameReader::Result::too_long) {
        begin_search(Undecoded::limit, frame.header.payload_length);
        told_ = true;
    }
}

/// Nothing is known of the next bytes. `within`: so many of them are of a frame that is too long.
void DirectionDecoder::Feed::begin_search(Undecoded reason, std::uint64_t within) {
    p_.reader.reset(lost);
    resync_.lose(reason, within);
    messages_.lose();
}

void DirectionDecoder::Feed::search() {
    const auto left = reader_.left().size();
    if (p_.resync.within && p_.resync.within <= left) {
        skip(static_cast<std::size_t>(p_.resync.within), p_.resync.reason);
        p_.reader.reset(at_boundary);
        return resync_.find(false);
    }
    const auto before = p_.reader.size;
    reader_.hold_rest();
    const auto held = p_.reader.bytes();
    const auto begin = resync_.search(held, left);
    const bool found = begin < held.size();
    if (!found || begin > before)
        skip(found ? begin - before : left, p_.resync.reason);
    if (!found) {
        if (held.size() >= longest_search) {
            p_.reader.reset(lost);
            resync_.restart();
        }
        return;
    }
    const auto earlier = arena_.copy(begin < before ? held.first(before).subspan(begin) : Bytes{});
    p_.reader.reset(at_boundary);
    resync_.find(true);
    read_again(earlier);
}

/// Decodes bytes of earlier chunks that could not be understood before.
void DirectionDecoder::Feed::read_again(Bytes held) {
    if (!held.empty())
        Feed(d_, p_, {held}, true, visit_, arena_, facts_).run();
}

void DirectionDecoder::Feed::skip(std::size_t length, Undecoded reason, std::uint64_t missing) {
    if (!again_ && !told_)
        facts_.events.push_back(
            arena_, SkippedBytes{static_cast<std::uint32_t>(reader_.at()), static_cast<std::uint32_t>(length), reason, missing});
    reader_.pass(length);
}

void DirectionDecoder::Feed::tell_part() {
    const auto length = reader_.take_part();
    if (!length)
        return;
    FramePart part;
    part.offset = static_cast<std::uint32_t>(reader_.at() - length);
    part.length = static_cast<std::uint32_t>(length);
    if (p_.reader.state != lost) {
        part.header_known = p_.reader.header(part.header);
        part.have = p_.reader.seen;
        part.frame_index = p_.reader.frame_index;
    }
    facts_.events.push_back(arena_, part);
}

/// `count` bytes of the stream are missing here.
void DirectionDecoder::Feed::lose(std::uint64_t count, Undecoded reason) {
    if (p_.reader.state == lost) {
        messages_.lose();
        p_.reader.reset(resync_.lose_within(count) ? at_boundary : lost);
    } else {
        while (count > 0 && p_.reader.state == in_payload) {
            Frame frame;
            if (!reader_.lose(count, reason, frame))
                return;
            resync_.end_doubt();
            emit(frame);
        }
        if (count > 0)
            begin_search(Undecoded::gap);
    }
    if (count > 0) {
        tell_part();
        skip(0, reason, count);
    }
}

void DirectionDecoder::Feed::emit(Frame& frame) {
    const auto& h = frame.header;
    frame.index = p_.reader.frame_index++;
    frame.resynchronised = p_.resync.resynchronised;
    p_.resync.resynchronised = false;
    frame.violations = judge_header(h, d_.terms_, p_.message.state, d_.close_index_ && frame.index > *d_.close_index_);

    frame.payload = frame.bytes.subspan(h.size);
    if (h.masked && !frame.payload.empty()) {
        auto* plain = arena_.array<std::uint8_t>(frame.payload.size());
        unmask(plain, frame.payload, h.masking_key, 0);
        frame.payload = {plain, frame.payload.size()};
    }

    if (h.opcode == opcode::close) {
        judge_close(frame);
        if (!d_.close_index_)
            d_.close_index_ = frame.index;
    } else if (!is_control(h.opcode) && !is_reserved(h.opcode)) {
        messages_.add(frame);
    }
    facts_.events.push_back(arena_, frame);
}

} // namespace ws
