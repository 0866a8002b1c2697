// SPDX-License-Identifier: GPL-2.0-or-later
#include "direction.hpp"

#include "close_code.hpp"

#include <algorithm>

namespace ws {
namespace {

/// A frame longer than this is not waited for: no buffer could hold it. Its header is told at once, and frames are looked for in
/// what follows.
constexpr std::uint64_t longest_frame = std::uint64_t{1} << 30;
/// Bytes in which a border is looked for before the search begins anew.
constexpr std::size_t longest_search = 1 << 20;
/// Headers that must be plausible after a border was found.
constexpr std::uint8_t trial = 3;
/// What is left of a frame up to this size is waited for whatever it looks like: WebSocket may carry WebSocket.
constexpr std::uint64_t undoubted = 1 << 16;
/// So much of one chunk's evidence counts against the length of the frame it lies in.
constexpr std::uint32_t most_doubt = 24;

/// Appends to a buffer that a later visit of the same bytes may find filled already.
template <class T>
void append(std::vector<T>& buffer, std::size_t& size, std::span<const T> items) {
    const std::size_t there = buffer.size() - size;
    if (there < items.size())
        buffer.insert(buffer.end(), items.begin() + static_cast<std::ptrdiff_t>(there), items.end());
    size += items.size();
}

Undecoded undecoded_by(Inflated result) {
    switch (result) {
    case Inflated::no_context: return Undecoded::no_context;
    case Inflated::limit: return Undecoded::limit;
    default: return Undecoded::no;
    }
}

} // namespace

const char* undecoded_name(Undecoded reason) {
    constexpr const char* names[] = {"", "gap", "truncated", "no_context", "limit", "resynchronised"};
    return names[static_cast<unsigned>(reason)];
}

std::optional<std::uint64_t> Position::rest_of_frame(Bytes next) const noexcept {
    if (searching)
        return std::nullopt;
    if (!frame)
        return 0;
    std::uint8_t begin[max_header_size];
    const auto have = std::min(frame_size, max_header_size);
    const auto more = std::min(next.size(), max_header_size - have);
    std::copy_n(frame->bytes.begin(), have, begin);
    std::copy_n(next.begin(), more, begin + have);
    FrameHeader header;
    if (!parse_frame_header({begin, have + more}, header))
        return std::nullopt;
    return header.frame_length() - frame_seen;
}

DirectionDecoder::DirectionDecoder(Direction direction, const Negotiated& negotiated, Limits limits)
    : direction_(direction), negotiated_(negotiated), limits_(limits),
      inflate_(negotiated.window_bits[static_cast<unsigned>(direction)],
               !negotiated.no_context_takeover[static_cast<unsigned>(direction)], limits.message, negotiated.known) {}

/// One call of feed().
class DirectionDecoder::Feed {
  public:
    Feed(DirectionDecoder& decoder, Position& position, const Chunk& chunk, const Visit& visit, const Arena& arena, Facts& facts)
        : d(decoder), p(position), bytes_(chunk.bytes), answered_(chunk.answered), visit_(visit), arena_(arena), facts_(facts) {}

    void run();
    void lose(std::uint64_t count, Undecoded reason);
    void release();

  private:
    using enum Negotiated::Compression;

    BorderHints hints() const {
        return {.masked = d.direction_ == Direction::client_to_server,
                .negotiated = d.negotiated_,
                .aligned = p.aligned > Position::most_aligned / 2,
                .in_frame = p.search_within > 0,
                .answered = answered_};
    }
    void search();
    void end_search(bool found);
    void read_again(Bytes held);
    bool length_is_a_lie();
    void forget_doubt();
    void abandon_frame();
    void reset_frame();
    void begin_frame();
    void continue_frame();
    bool header_in_progress(FrameHeader& header) const;
    void too_long(const FrameHeader& header, Bytes begun);
    void finish_frame(const FrameHeader& header, Bytes last);
    void lose_in_search(std::uint64_t count);
    void lose_border(Undecoded reason = Undecoded::gap);
    void rest(std::size_t length, Undecoded reason);
    void hold(std::size_t length);
    void lose_context() const;

    void emit(Frame& frame);
    void check_header(Frame& frame) const;
    void check_close(Frame& frame) const;
    void begin_message(Frame& frame);
    void add_to_message(Frame& frame);
    void complete_message(Frame& frame, Bytes piece);
    Bytes inflate(Bytes in, Frame& frame, Undecoded& undecoded);
    bool takes_rsv1(const FrameHeader& header) const;
    bool extensions_understood() const { return d.negotiated_.known && !d.negotiated_.unknown_extension; }

    DirectionDecoder& d;
    Position& p;
    Bytes bytes_;
    bool answered_;
    std::size_t at_ = 0;
    bool again_ = false;             ///< The bytes are of earlier chunks.
    bool told_ = false;              ///< What is left of the chunk was told with a frame.
    std::size_t held_ = 0;           ///< Bytes before at_ that are of the frame in progress.
    std::size_t frame_begin_ = 0;    ///< Of the frame in progress,
    bool frame_begins_here_ = false; ///< if it began in this chunk.
    const Visit& visit_;
    const Arena& arena_;
    Facts& facts_;
};

void DirectionDecoder::feed(Position& position, const Chunk& chunk, const Visit& visit, const Arena& arena,
                            Facts& facts) noexcept {
    Feed feed(*this, position, chunk, visit, arena, facts);
    if (chunk.lost_before)
        feed.lose(chunk.lost_before, Undecoded::gap);
    feed.run();
    if (chunk.lost_after)
        feed.lose(chunk.lost_after, Undecoded::truncated);
    feed.release();
}

void DirectionDecoder::Feed::run() {
    if (!p.searching && !again_) {
        const auto rest = p.rest_of_frame(bytes_);
        if (!p.frame)
            p.aligned = std::min<std::uint8_t>(p.aligned + 1, Position::most_aligned);
        else if (!rest || *rest < bytes_.size()) // a frame begins in the midst
            p.aligned /= 2;
    }
    if (p.frame && !p.searching && length_is_a_lie())
        abandon_frame();
    while (at_ < bytes_.size()) {
        if (p.searching)
            search();
        else if (p.frame)
            continue_frame();
        else
            begin_frame();
    }
    told_ = false;
}

void DirectionDecoder::Feed::rest(std::size_t length, Undecoded reason) {
    if (again_ || told_) {
        at_ += length;
        return;
    }
    Rest rest;
    rest.offset = static_cast<std::uint32_t>(at_);
    rest.length = static_cast<std::uint32_t>(length);
    rest.undecoded = reason;
    if (reason == Undecoded::no && p.frame) {
        rest.header_known = header_in_progress(rest.header);
        rest.have = p.frame_seen;
        rest.frame_index = p.frame_index;
    }
    facts_.rests.push_back(arena_, rest);
    at_ += length;
}

/// Passes over the end of the chunk. It becomes a rest if its frame does not end here after all, with what the snap length cut
/// off.
void DirectionDecoder::Feed::hold(std::size_t length) {
    held_ = length;
    at_ += length;
}

void DirectionDecoder::Feed::release() {
    at_ -= held_;
    if (held_)
        rest(held_, Undecoded::no);
    held_ = 0;
}

void DirectionDecoder::Feed::search() {
    const auto left = bytes_.size() - at_;
    if (p.search_within && p.search_within <= left) {
        rest(static_cast<std::size_t>(p.search_within), p.search_reason);
        return end_search(true);
    }
    if (!p.frame)
        p.frame = std::make_shared<Position::FrameBytes>();
    const auto before = p.frame_size;
    append(p.frame->bytes, p.frame_size, bytes_.subspan(at_));
    const auto held = Bytes(p.frame->bytes).first(p.frame_size);
    const auto border = p.search.next(held, hints());
    const bool found = border < held.size();
    if (!found || border > before)
        rest(found ? border - before : bytes_.size() - at_, p.search_reason);
    if (!found && p.search_within)
        p.search_within -= left;
    if (!found && held.size() < longest_search)
        return;
    const auto earlier = arena_.copy(found && border < before ? held.first(before).subspan(border) : Bytes{});
    end_search(found);
    p.resynchronised = found;
    read_again(earlier);
}

/// It begins anew if nothing was found.
void DirectionDecoder::Feed::end_search(bool found) {
    reset_frame();
    p.search = {};
    p.searching = !found;
    p.on_trial = found ? trial : 0;
    if (found)
        p.search_within = 0;
}

/// Decodes bytes of earlier chunks that could not be understood before.
void DirectionDecoder::Feed::read_again(Bytes held) {
    if (held.empty())
        return;
    Feed earlier(d, p, {held}, visit_, arena_, facts_);
    earlier.again_ = true;
    earlier.run();
}

/// A sender writes frames, and most segments begin with one. If chunks that should be in the midst of a frame look like frames
/// from their first byte to their last, one after the other, the frame's length is not true.
bool DirectionDecoder::Feed::length_is_a_lie() {
    FrameHeader header;
    if (!header_in_progress(header) || p.frame_lacks != Undecoded::no || again_ || bytes_.empty())
        return false;
    const auto missing = header.frame_length() - p.frame_seen;
    const bool believable = missing <= d.limits_.message;
    auto strict = hints();
    strict.foreign = true; // payload of other kinds, zeros for example, may look like frames
    Chain chain;
    if (missing > std::max<std::uint64_t>(undoubted, bytes_.size()))
        follow(chain, bytes_, strict);
    if (!chain.exact || !chain.fits) {
        forget_doubt();
        return false;
    }
    if (!p.doubt_begin)
        p.doubt_begin = p.frame_size;
    ++p.doubt_segments;
    p.doubt_answered += answered_;
    if (!believable || chain.telling)
        p.doubt_bits += std::min(chain.bits, most_doubt);
    return outweighs_length(p.doubt_segments, p.doubt_answered) && p.doubt_bits >= (believable ? 2 * most_doubt : most_doubt / 2);
}

void DirectionDecoder::Feed::forget_doubt() {
    p.doubt_begin = 0;
    p.doubt_bits = p.doubt_segments = p.doubt_answered = 0;
}

void DirectionDecoder::Feed::abandon_frame() {
    FrameHeader header;
    header_in_progress(header);
    const auto held = arena_.copy(Bytes(p.frame->bytes).first(p.frame_size));
    const auto begin = p.doubt_begin;
    reset_frame();
    Frame frame;
    frame.header = header;
    frame.spread = true;
    frame.undecoded = Undecoded::gap;
    frame.bytes = held.first(begin);
    emit(frame);
    lose_border();
    p.searching = false;
    p.resynchronised = true;
    p.on_trial = trial;
    read_again(held.subspan(begin));
}

void DirectionDecoder::Feed::reset_frame() {
    p.frame.reset();
    p.frame_size = 0;
    p.frame_seen = 0;
    p.frame_lacks = Undecoded::no;
    forget_doubt();
}

bool DirectionDecoder::Feed::header_in_progress(FrameHeader& header) const {
    return parse_frame_header(Bytes(p.frame->bytes).first(p.frame_size), header);
}

void DirectionDecoder::Feed::begin_frame() {
    const auto left = bytes_.subspan(at_);
    FrameHeader header;
    const bool known = parse_frame_header(left, header);
    if (p.on_trial && known) {
        if (!plausible(header, hints()))
            return lose_border();
        --p.on_trial;
    }
    if (known && header.frame_length() > longest_frame)
        return too_long(header, {});
    frame_begin_ = at_;
    frame_begins_here_ = true;
    if (known && header.frame_length() <= left.size())
        return finish_frame(header, left.first(static_cast<std::size_t>(header.frame_length())));

    p.frame = std::make_shared<Position::FrameBytes>();
    p.frame->bytes.assign(left.begin(), left.end());
    p.frame_size = left.size();
    p.frame_seen = left.size();
    hold(left.size());
}

void DirectionDecoder::Feed::continue_frame() {
    const auto left = bytes_.subspan(at_);
    FrameHeader header;
    if (!header_in_progress(header)) {
        // The header is cut: put its pieces together, without touching the buffer before it is known how much belongs to the
        // frame.
        std::uint8_t pieces[max_header_size];
        const auto more = std::min(left.size(), max_header_size - p.frame_size);
        std::copy_n(p.frame->bytes.begin(), p.frame_size, pieces);
        std::copy_n(left.begin(), more, pieces + p.frame_size);
        if (!parse_frame_header({pieces, p.frame_size + more}, header)) {
            append<std::uint8_t>(p.frame->bytes, p.frame_size, left);
            p.frame_seen += left.size();
            return hold(left.size());
        }
        if (header.frame_length() > longest_frame)
            return too_long(header, Bytes(p.frame->bytes).first(p.frame_size));
    }
    const auto missing = header.frame_length() - p.frame_seen;
    if (missing <= left.size())
        return finish_frame(header, left.first(static_cast<std::size_t>(missing)));
    if (p.frame_lacks == Undecoded::no)
        append<std::uint8_t>(p.frame->bytes, p.frame_size, left);
    p.frame_seen += left.size();
    hold(left.size());
}

/// `last`: the bytes of this chunk that complete the frame in progress, or make up all of it.
void DirectionDecoder::Feed::finish_frame(const FrameHeader& header, Bytes last) {
    Frame frame;
    frame.header = header;
    frame.offset = static_cast<std::uint32_t>(frame_begin_);
    frame.spread = !frame_begins_here_ || again_;
    frame.undecoded = p.frame ? p.frame_lacks : Undecoded::no;
    if (!p.frame) {
        frame.bytes = last;
    } else {
        const auto before = Bytes(p.frame->bytes).first(p.frame_size);
        if (frame_begins_here_) // cut by the snap length
            frame.bytes = bytes_.subspan(frame_begin_, before.size());
        else
            frame.bytes = arena_.copy(before, frame.undecoded == Undecoded::no ? last : Bytes{});
    }
    reset_frame();
    held_ = 0;
    at_ += last.size();
    emit(frame);
    frame_begins_here_ = false;
}

/// It is told with what this chunk has of it. `begun`: the bytes of its header in earlier chunks.
void DirectionDecoder::Feed::too_long(const FrameHeader& header, Bytes begun) {
    const auto here = bytes_.subspan(at_);
    Frame frame;
    frame.header = header;
    frame.offset = static_cast<std::uint32_t>(at_);
    frame.spread = !begun.empty() || again_;
    frame.bytes = begun.empty() ? here : arena_.copy(begun, here);
    frame.undecoded = Undecoded::limit;
    emit(frame);
    lose_border(Undecoded::limit);
    p.search_within = header.payload_length;
    at_ += header.size - begun.size();
    told_ = true;
}

void DirectionDecoder::Feed::lose(std::uint64_t count, Undecoded reason) {
    const bool searched = p.searching;
    if (searched)
        lose_in_search(count);
    while (count > 0 && !p.searching && !searched) {
        FrameHeader header;
        if (!p.frame || !header_in_progress(header)) {
            lose_border();
            break;
        }
        const auto missing = header.frame_length() - p.frame_seen;
        p.frame_lacks = reason;
        if (count < missing) {
            p.frame_seen += count;
            return;
        }
        count -= missing;
        finish_frame(header, {});
    }
    if (count > 0) {
        release();
        rest(0, reason);
        facts_.rests.back().lost = count;
    }
}

/// The search goes on behind the gap, unless a frame that is too long ends there.
void DirectionDecoder::Feed::lose_in_search(std::uint64_t count) {
    const auto within = p.search_within;
    lose_border(count < within ? Undecoded::limit : Undecoded::gap);
    if (count < within)
        p.search_within = within - count;
    else if (within && count == within)
        end_search(true);
}

void DirectionDecoder::Feed::lose_border(Undecoded reason) {
    end_search(false);
    p.search_within = 0;
    p.search_reason = reason;
    if (p.message_open)
        ++p.message_number; // the one that was never finished had a number too
    p.message_open = false;
    p.message_unknown = true;
    lose_context();
}

void DirectionDecoder::Feed::lose_context() const {
    if (visit_.first)
        d.inflate_.lose_context();
}

bool DirectionDecoder::Feed::takes_rsv1(const FrameHeader& header) const {
    if (is_control(header.opcode) || is_reserved(header.opcode))
        return false;
    return d.negotiated_.compression == deflate_frame ||
           (d.negotiated_.compression == permessage_deflate && header.opcode != opcode::continuation);
}

void DirectionDecoder::Feed::check_header(Frame& frame) const {
    const auto& h = frame.header;
    auto& found = frame.findings;
    const bool judge_reserved = extensions_understood(); // RFC 6455 5.8
    if (h.rsv1 && !takes_rsv1(h)) {
        // x-webkit-deflate-frame compresses no control frames either, but no RFC says so: rsv_set.
        if (d.negotiated_.compression == permessage_deflate && is_control(h.opcode))
            found.add(Finding::control_compressed);
        else if (d.negotiated_.compression == permessage_deflate && h.opcode == opcode::continuation)
            found.add(Finding::continuation_compressed);
        else if (judge_reserved)
            found.add(Finding::rsv_set);
    }
    if ((h.rsv2 || h.rsv3) && judge_reserved)
        found.add(Finding::rsv_set);
    if (is_reserved(h.opcode) && judge_reserved)
        found.add(Finding::opcode_reserved);
    if (d.direction_ == Direction::client_to_server && !h.masked)
        found.add(Finding::client_unmasked);
    if (d.direction_ == Direction::server_to_client && h.masked)
        found.add(Finding::server_masked);
    if (!h.length_minimal())
        found.add(Finding::length_not_minimal);
    if (h.payload_length >> 63)
        found.add(Finding::length_msb_set);
    if (is_control(h.opcode)) {
        if (h.payload_length > 125)
            found.add(Finding::control_too_long);
        if (!h.fin)
            found.add(Finding::control_fragmented);
    } else {
        if (p.close_seen)
            found.add(Finding::data_after_close);
        if (h.opcode == opcode::continuation && !p.message_open && !p.message_unknown)
            found.add(Finding::continuation_unexpected);
        if ((h.opcode == opcode::text || h.opcode == opcode::binary) && p.message_open)
            found.add(Finding::data_interleaved);
    }
}

void DirectionDecoder::Feed::check_close(Frame& frame) const {
    const auto body = frame.payload;
    if (body.size() < frame.header.payload_length || body.empty())
        return;
    if (body.size() == 1) {
        frame.findings.add(Finding::close_length);
        return;
    }
    if (!close_code(static_cast<std::uint16_t>(body[0] << 8 | body[1])).may_be_sent)
        frame.findings.add(Finding::close_code_invalid);
    Utf8Validator utf8;
    const auto good = utf8.feed(body.subspan(2));
    if (!utf8.valid() || !utf8.at_border()) {
        frame.findings.add(Finding::close_reason_not_utf8);
        frame.finding_offset = static_cast<std::uint32_t>(2 + std::min(good, body.size() - 3));
    }
}

void DirectionDecoder::Feed::emit(Frame& frame) {
    const auto& h = frame.header;
    frame.index = p.frame_index++;
    frame.resynchronised = p.resynchronised;
    p.resynchronised = false;
    check_header(frame);

    frame.payload = frame.bytes.subspan(h.size);
    if (h.masked && !frame.payload.empty()) {
        auto* plain = arena_.array<std::uint8_t>(frame.payload.size());
        unmask(plain, frame.payload, h.masking_key, 0);
        frame.payload = {plain, frame.payload.size()};
    }

    if (h.opcode == opcode::close) {
        check_close(frame);
        p.close_seen = true;
    } else if (h.opcode == opcode::text || h.opcode == opcode::binary) {
        begin_message(frame);
        add_to_message(frame);
    } else if (h.opcode == opcode::continuation) {
        if (!p.message_open && p.message_unknown) {
            begin_message(frame);
            p.message_lacks = Undecoded::gap;
        }
        if (p.message_open)
            add_to_message(frame);
    }
    facts_.frames.push_back(arena_, frame);
}

void DirectionDecoder::Feed::begin_message(Frame& frame) {
    const auto& h = frame.header;
    if (p.message_open) {
        ++p.message_number; // the one that was never finished had a number too
        if (p.message_compressed)
            lose_context();
    }
    p.message_open = true;
    p.message_unknown = false;
    p.message_opcode = h.opcode;
    p.message_compressed = h.rsv1 && (d.negotiated_.compression != none || !d.negotiated_.known);
    p.message_opaque = (h.rsv() && !p.message_compressed) || h.rsv2 || h.rsv3;
    p.message_failed = false;
    p.message_lacks = Undecoded::no;
    p.message_frames = 0;
    p.message_wire_length = 0;
    p.utf8 = {};
    p.utf8_reported = false;
    p.message.reset();
    p.message_size = 0;
    frame.first_of_message = true;
}

Bytes DirectionDecoder::Feed::inflate(Bytes in, Frame& frame, Undecoded& undecoded) {
    const auto result =
        visit_.first ? d.inflate_.next(in, visit_.revisits, d.output_) : d.inflate_.again(p.inflate_index, in, d.output_);
    ++p.inflate_index;
    undecoded = undecoded_by(result);
    if (result == Inflated::failed && !extensions_understood())
        undecoded = Undecoded::no_context; // compressed by permessage-deflate: that was a guess
    else if (result == Inflated::failed)
        frame.findings.add(Finding::inflate_failed);
    else if (result == Inflated::window_exceeded && extensions_understood())
        frame.findings.add(Finding::window_exceeded);
    const auto out = arena_.copy(d.output_);
    if (d.output_.capacity() > (1U << 20))
        std::vector<std::uint8_t>().swap(d.output_);
    return out;
}

void DirectionDecoder::Feed::add_to_message(Frame& frame) {
    const auto& h = frame.header;
    frame.message = p.message_number;
    ++p.message_frames;
    p.message_wire_length = bounded_sum(p.message_wire_length, h.payload_length);
    if (frame.undecoded != Undecoded::no && p.message_lacks == Undecoded::no)
        p.message_lacks = frame.undecoded;

    Bytes piece = frame.payload;
    const bool by_frame = d.negotiated_.compression == deflate_frame;
    if (by_frame && h.rsv1 && frame.undecoded != Undecoded::no) {
        lose_context();
    } else if (by_frame && h.rsv1) {
        p.message_compressed = true;
        Undecoded undecoded;
        piece = inflate(piece, frame, undecoded);
        p.message_failed = p.message_failed || frame.findings.has(Finding::inflate_failed);
        if (p.message_lacks == Undecoded::no)
            p.message_lacks = undecoded;
    }
    const auto longest = by_frame && p.message_compressed ? d.limits_.message : longest_frame;
    if (p.message_lacks == Undecoded::no && p.message_size + piece.size() > longest)
        p.message_lacks = Undecoded::limit;
    if (p.message_opcode == opcode::text && (!p.message_compressed || by_frame) && p.message_lacks == Undecoded::no) {
        const auto good = p.utf8.feed(piece);
        const bool bad = !p.utf8.valid() || (h.fin && !p.utf8.at_border());
        // An extension that nobody here knows may have changed the payload, with or without a bit.
        if (bad && !p.utf8_reported && !p.message_opaque && !d.negotiated_.unknown_extension) {
            frame.findings.add(Finding::text_not_utf8);
            frame.finding_offset = static_cast<std::uint32_t>(by_frame || piece.empty() ? 0 : std::min(good, piece.size() - 1));
            p.utf8_reported = true;
        }
    }
    if (h.fin)
        return complete_message(frame, piece);

    if (!p.message)
        p.message = std::make_shared<Position::MessageBytes>();
    std::size_t fragments = p.message_frames - 1;
    const Fragment fragment{visit_.packet, h.payload_length};
    append<Fragment>(p.message->fragments, fragments, {&fragment, 1});
    if (p.message_lacks == Undecoded::no)
        append<std::uint8_t>(p.message->data, p.message_size, piece);
}

void DirectionDecoder::Feed::complete_message(Frame& frame, Bytes piece) {
    auto* message = arena_.array<Message>(1);
    *message = {};
    message->number = p.message_number++;
    message->opcode = p.message_opcode;
    message->compressed = p.message_compressed;
    message->opaque = p.message_opaque;
    message->wire_length = p.message_wire_length;
    message->frames = p.message_frames;
    message->undecoded = p.message_lacks;

    if (p.message) {
        auto* fragments = arena_.array<Fragment>(p.message_frames);
        std::copy_n(p.message->fragments.begin(), p.message_frames - 1, fragments);
        fragments[p.message_frames - 1] = {visit_.packet, frame.header.payload_length};
        message->fragments = fragments;
    }
    if (p.message_lacks == Undecoded::no && !p.message_failed) {
        message->data = p.message ? arena_.copy(Bytes(p.message->data).first(p.message_size), piece) : piece;
        message->own_data = p.message || piece.data() != frame.payload.data();
    }
    bool utf8_good = p.utf8.valid() && p.utf8.at_border();
    if (p.message_compressed && d.negotiated_.compression != deflate_frame) {
        if (p.message_lacks != Undecoded::no) {
            lose_context();
        } else {
            message->data = inflate(message->data, frame, message->undecoded);
            message->own_data = true;
            const bool inflated = message->undecoded == Undecoded::no && !frame.findings.has(Finding::inflate_failed);
            if (p.message_opcode == opcode::text && inflated) {
                Utf8Validator whole;
                whole.feed(message->data);
                utf8_good = whole.valid() && whole.at_border();
                if (!utf8_good && extensions_understood())
                    frame.findings.add(Finding::text_not_utf8);
            } else if (!inflated) {
                message->data = {};
            }
        }
    }
    // An extension that nobody here knows may have changed the payload: no text then.
    const bool guess = p.message_opaque && (d.negotiated_.unknown_extension || !d.negotiated_.known);
    message->text = p.message_opcode == opcode::text && utf8_good && !guess && message->undecoded == Undecoded::no &&
                    !p.message_failed && !frame.findings.has(Finding::inflate_failed);
    frame.completes = message;

    p.message_open = false;
    p.message.reset();
    p.message_size = 0;
    p.message_frames = 0;
}

} // namespace ws
