// SPDX-License-Identifier: GPL-2.0-or-later
#include "message_assembler.hpp"

#include "frame_reader.hpp"

#include <algorithm>

namespace ws {
namespace {

/// Scratch that grew beyond this is given back after each message.
constexpr std::size_t most_scratch = 1 << 20;

Undecoded undecoded_by(Inflated result) {
    switch (result) {
    case Inflated::no_context: return Undecoded::no_context;
    case Inflated::limit: return Undecoded::limit;
    default: return Undecoded::no;
    }
}

} // namespace

Inflation::Stream& Inflation::stream(const DirectionTerms& terms) {
    const auto of = static_cast<std::size_t>(terms.direction);
    const auto& negotiated = terms.negotiated;
    if (!stream_)
        stream_.reset(new Stream{
            InflateHistory(negotiated.window_bits[of], !negotiated.no_context_takeover[of], terms.limits.message, complete_),
            {}});
    return *stream_;
}

void Inflation::lose_context() noexcept {
    complete_ = false;
    if (stream_)
        stream_->history.lose_context();
}

void MessageAssembler::add(Frame& frame) {
    if (frame.header.opcode != opcode::continuation) {
        begin(frame);
        take(frame);
        return;
    }
    if (p_.state == MessageState::unknown) {
        begin(frame);
        p_.lacks = Undecoded::gap;
    }
    if (p_.state == MessageState::open)
        take(frame);
}

void MessageAssembler::lose() {
    if (p_.state == MessageState::open)
        ++p_.number; // the one that was never finished had a number too
    p_.state = MessageState::unknown;
    lose_context();
}

void MessageAssembler::lose_context() {
    if (visit_.first)
        inflation_.lose_context();
}

void MessageAssembler::begin(Frame& frame) {
    const auto& h = frame.header;
    const auto& negotiated = terms_.negotiated;
    auto number = p_.number;
    if (p_.state == MessageState::open) {
        ++number; // the one that was never finished had a number too
        if (p_.compressed)
            lose_context();
    }
    const bool compressed = h.rsv1 && (negotiated.compression != Negotiated::Compression::none || !negotiated.known);
    p_ = {.state = MessageState::open,
          .opcode = h.opcode,
          .compressed = compressed,
          .opaque = (h.rsv() && !compressed) || h.rsv2 || h.rsv3,
          .after_loss = p_.state != MessageState::none,
          .utf8 = {},
          .number = number,
          .inflate_index = p_.inflate_index,
          .fragments = {}};
    frame.first_of_message = true;
    if (compressed && !by_frame())
        frame.compressed = Compressed::message;
}

Bytes MessageAssembler::inflate(Bytes in, Frame& frame, Undecoded& undecoded) {
    auto& [history, output] = inflation_.stream(terms_);
    const auto result = visit_.first ? history.next(in, visit_.revisits, output) : history.again(p_.inflate_index, in, output);
    ++p_.inflate_index;
    undecoded = undecoded_by(result);
    if (result == Inflated::failed && !terms_.extensions_understood())
        undecoded = Undecoded::no_context; // compressed by permessage-deflate: that was a guess
    else if (result == Inflated::failed)
        frame.violations.add(Violation::inflate_failed);
    else if (result == Inflated::window_exceeded && terms_.extensions_understood())
        frame.violations.add(Violation::window_exceeded);
    const auto out = arena_.copy(output);
    if (output.capacity() > most_scratch)
        InflatedBytes().swap(output);
    return out;
}

/// x-webkit-deflate-frame compresses each frame by itself. Returns what it adds to the message.
Bytes MessageAssembler::inflate_frame(Frame& frame) {
    if (frame.undecoded != Undecoded::no) {
        lose_context();
        return frame.payload;
    }
    p_.compressed = true;
    frame.compressed = Compressed::frame;
    Undecoded undecoded;
    const auto piece = inflate(frame.payload, frame, undecoded);
    p_.failed = p_.failed || frame.violations.has(Violation::inflate_failed);
    if (p_.lacks == Undecoded::no)
        p_.lacks = undecoded;
    return piece;
}

/// Checks the text that this frame of a message brings.
void MessageAssembler::check_text(Bytes piece, Frame& frame) {
    const auto good = p_.utf8.feed(piece);
    const bool bad = !p_.utf8.valid() || (frame.header.fin && !p_.utf8.at_boundary());
    // An extension that nobody here knows may have changed the payload, with or without a bit.
    if (!bad || p_.utf8_reported || p_.opaque || terms_.negotiated.unknown_extension)
        return;
    frame.violations.add(Violation::text_not_utf8);
    frame.violation_offset = static_cast<std::uint32_t>(by_frame() || piece.empty() ? 0 : std::min(good, piece.size() - 1));
    p_.utf8_reported = true;
}

void MessageAssembler::take(Frame& frame) {
    const auto& h = frame.header;
    frame.message = p_.number;
    ++p_.frames;
    p_.wire_length = bounded_sum(p_.wire_length, h.payload_length);
    if (frame.undecoded != Undecoded::no && p_.lacks == Undecoded::no)
        p_.lacks = frame.undecoded;
    const auto piece = by_frame() && h.rsv1 ? inflate_frame(frame) : frame.payload;
    const auto longest = by_frame() && p_.compressed ? terms_.limits.message : FrameReader::longest_frame;
    if (p_.lacks == Undecoded::no && p_.size + piece.size() > longest)
        p_.lacks = Undecoded::limit;
    if (p_.opcode == opcode::text && (!p_.compressed || by_frame()) && p_.lacks == Undecoded::no)
        check_text(piece, frame);
    if (h.fin)
        return complete(frame, piece);

    if (!p_.fragments)
        p_.fragments = std::make_shared<Fragments>();
    std::size_t count = p_.frames - 1;
    const Fragment fragment{visit_.packet, h.payload_length};
    append_once<Fragment>(p_.fragments->list, count, {&fragment, 1});
    if (p_.lacks == Undecoded::no)
        append_once<std::uint8_t>(p_.fragments->data, p_.size, piece);
}

/// A message that was compressed as a whole; all of it is there.
void MessageAssembler::finish_inflated(Message& message, Frame& frame, bool& utf8_good) {
    message.data = inflate(message.data, frame, message.undecoded);
    message.own_data = true;
    const bool inflated = message.undecoded == Undecoded::no && !frame.violations.has(Violation::inflate_failed);
    if (!inflated) {
        message.data = {};
    } else if (p_.opcode == opcode::text) {
        Utf8Validator whole;
        whole.feed(message.data);
        utf8_good = whole.valid() && whole.at_boundary();
        if (!utf8_good && terms_.extensions_understood())
            frame.violations.add(Violation::text_not_utf8);
    }
}

void MessageAssembler::complete(Frame& frame, Bytes piece) {
    auto* message = arena_.array<Message>(1);
    *message = {};
    message->number = p_.number++;
    message->opcode = p_.opcode;
    message->compressed = p_.compressed;
    message->opaque = p_.opaque;
    message->after_loss = p_.after_loss;
    message->wire_length = p_.wire_length;
    message->frames = p_.frames;
    message->undecoded = p_.lacks;

    if (p_.fragments) {
        auto* fragments = arena_.array<Fragment>(p_.frames);
        std::copy_n(p_.fragments->list.begin(), p_.frames - 1, fragments);
        fragments[p_.frames - 1] = {visit_.packet, frame.header.payload_length};
        message->fragments = fragments;
    }
    if (p_.lacks == Undecoded::no && !p_.failed) {
        message->data = p_.fragments ? joined({p_.fragments, &p_.fragments->data}, p_.size, piece, arena_) : piece;
        message->own_data = p_.fragments || piece.data() != frame.payload.data();
    }
    bool utf8_good = p_.utf8.valid() && p_.utf8.at_boundary();
    if (p_.compressed && !by_frame()) {
        if (p_.lacks == Undecoded::no)
            finish_inflated(*message, frame, utf8_good);
        else
            lose_context();
    }
    // An extension that nobody here knows may have changed the payload: no text then.
    const bool guess = p_.opaque && !terms_.extensions_understood();
    message->text = p_.opcode == opcode::text && utf8_good && !guess && message->undecoded == Undecoded::no && !p_.failed &&
                    !frame.violations.has(Violation::inflate_failed);
    frame.completes = message;

    p_.state = MessageState::none;
    p_.fragments.reset();
    p_.size = 0;
    p_.frames = 0;
}

} // namespace ws
