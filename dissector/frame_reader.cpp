// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame_reader.hpp"

#include <algorithm>
#include <utility>

namespace ws {
namespace {

/// Grows in steps that end with `all`, the size that a header promises; no step is four times what was sent.
void make_room(std::vector<std::uint8_t>& buffer, std::size_t needed, std::size_t all) {
    while (all / 4 > needed)
        all /= 4;
    if (buffer.capacity() < needed)
        buffer.reserve(all);
}

} // namespace

Bytes joined(const std::shared_ptr<std::vector<std::uint8_t>>& buffer, std::size_t size, Bytes last, const Arena& arena) {
    if (size < worth_keeping || !arena.keep(buffer))
        return arena.copy(Bytes(*buffer).first(size), last);
    append_once<std::uint8_t>(*buffer, size, last);
    return Bytes(*buffer).first(size);
}

std::optional<std::uint64_t> FrameReader::Position::rest_of_frame(Bytes next) const noexcept {
    if (state == State::lost)
        return std::nullopt;
    if (state == State::at_boundary)
        return 0;
    std::uint8_t begin[max_header_size];
    const auto have = std::min(size, max_header_size);
    const auto more = std::min(next.size(), max_header_size - have);
    std::copy_n(held->bytes.begin(), have, begin);
    std::copy_n(next.begin(), more, begin + have);
    FrameHeader header;
    if (!parse_frame_header({begin, have + more}, header))
        return std::nullopt;
    return header.frame_length() - seen;
}

void FrameReader::Position::reset(State to) noexcept {
    state = to;
    lacks = Undecoded::no;
    held.reset();
    size = 0;
    segments = 0;
    seen = 0;
}

FrameReader::Result FrameReader::read(Frame& frame) {
    return p_.state == State::at_boundary ? begin(frame) : go_on(frame);
}

/// Passes over the end of the chunk, which is of the frame in progress. It is told as a part only if that does not end here
/// after all, with what the snap length cut off.
FrameReader::Result FrameReader::wait(State state, std::size_t length) {
    p_.state = state;
    part_ = length;
    at_ += length;
    return Result::more;
}

std::size_t FrameReader::take_part() noexcept {
    return std::exchange(part_, 0);
}

/// The chunk brought so many bytes of the frame in progress.
void FrameReader::note_segment(std::size_t length) {
    if (!packet_ || length == 0 || (p_.segments == 0 && !begins_here_))
        return;
    const FrameSegment segment{packet_, static_cast<std::uint32_t>(length)};
    append_once<FrameSegment>(p_.held->segments, p_.segments, {&segment, 1});
}

FrameReader::Result FrameReader::begin(Frame& frame) {
    const auto left = this->left();
    FrameHeader header;
    const bool known = parse_frame_header(left, header);
    if (known && header.frame_length() > longest_frame)
        return refuse(header, {}, frame);
    begin_ = at_;
    begins_here_ = true;
    if (known && header.frame_length() <= left.size()) {
        finish(header, left.first(static_cast<std::size_t>(header.frame_length())), frame);
        return Result::frame;
    }
    p_.held = std::make_shared<Held>(Held{{left.begin(), left.end()}, {}});
    p_.size = left.size();
    p_.seen = left.size();
    note_segment(left.size());
    return wait(known ? State::in_payload : State::in_header, left.size());
}

FrameReader::Result FrameReader::go_on(Frame& frame) {
    const auto left = this->left();
    FrameHeader header;
    if (p_.state == State::in_payload) {
        p_.header(header);
    } else {
        // Its pieces are put together without touching the buffer, before it is known how much belongs to the frame.
        std::uint8_t pieces[max_header_size];
        const auto more = std::min(left.size(), max_header_size - p_.size);
        std::copy_n(p_.held->bytes.begin(), p_.size, pieces);
        std::copy_n(left.begin(), more, pieces + p_.size);
        if (!parse_frame_header({pieces, p_.size + more}, header)) {
            append_once<std::uint8_t>(p_.held->bytes, p_.size, left);
            p_.seen += left.size();
            note_segment(left.size());
            return wait(State::in_header, left.size());
        }
        if (header.frame_length() > longest_frame)
            return refuse(header, p_.bytes(), frame);
    }
    const auto missing = header.frame_length() - p_.seen;
    if (missing <= left.size()) {
        finish(header, left.first(static_cast<std::size_t>(missing)), frame);
        return Result::frame;
    }
    if (p_.lacks == Undecoded::no) {
        make_room(p_.held->bytes, p_.size + left.size(), static_cast<std::size_t>(header.frame_length()));
        append_once<std::uint8_t>(p_.held->bytes, p_.size, left);
    }
    p_.seen += left.size();
    note_segment(left.size());
    return wait(State::in_payload, left.size());
}

/// `last`: the bytes of this chunk that complete the frame in progress, or make up all of it.
void FrameReader::finish(const FrameHeader& header, Bytes last, Frame& frame) {
    frame.header = header;
    frame.offset = static_cast<std::uint32_t>(begin_);
    frame.spread = !begins_here_ || !packet_;
    frame.undecoded = p_.lacks;
    if (p_.state == State::at_boundary)
        frame.bytes = last;
    else if (begins_here_) // cut by the snap length
        frame.bytes = chunk_.subspan(begin_, p_.size);
    else
        frame.bytes = joined({p_.held, &p_.held->bytes}, p_.size, p_.lacks == Undecoded::no ? last : Bytes{}, arena_);
    if (p_.state != State::at_boundary && p_.segments) {
        note_segment(last.size());
        auto* segments = arena_.array<FrameSegment>(p_.segments);
        std::copy_n(p_.held->segments.begin(), p_.segments, segments);
        frame.segments = {segments, p_.segments};
    }
    p_.reset(State::at_boundary);
    part_ = 0;
    at_ += last.size();
    begins_here_ = false;
}

/// The frame is told with what this chunk has of it. `begun`: the bytes of its header in earlier chunks.
FrameReader::Result FrameReader::refuse(const FrameHeader& header, Bytes begun, Frame& frame) {
    frame.header = header;
    frame.offset = static_cast<std::uint32_t>(at_);
    frame.spread = !begun.empty() || !packet_;
    frame.bytes = begun.empty() ? left() : arena_.copy(begun, left());
    frame.undecoded = Undecoded::limit;
    at_ += header.size - begun.size();
    return Result::too_long;
}

bool FrameReader::lose(std::uint64_t& count, Undecoded reason, Frame& frame) {
    FrameHeader header;
    p_.header(header);
    const auto missing = header.frame_length() - p_.seen;
    p_.lacks = reason;
    if (count < missing) {
        p_.seen += std::exchange(count, 0);
        return false;
    }
    count -= missing;
    finish(header, {}, frame);
    return true;
}

void FrameReader::hold_rest() {
    if (!p_.held)
        p_.held = std::make_shared<Held>();
    append_once<std::uint8_t>(p_.held->bytes, p_.size, left());
}

} // namespace ws
