// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame_rules.hpp"

#include "close_code.hpp"
#include "utf8.hpp"

#include <algorithm>

namespace ws {
namespace {

using enum Negotiated::Compression;

/// The negotiated compression gives RSV1 a meaning on such a frame.
bool takes_rsv1(const FrameHeader& header, const Negotiated& negotiated) {
    if (is_control(header.opcode) || is_reserved(header.opcode))
        return false;
    return negotiated.compression == deflate_frame ||
           (negotiated.compression == permessage_deflate && header.opcode != opcode::continuation);
}

void judge_reserved_bits(const FrameHeader& header, const DirectionTerms& terms, Violations& found) {
    const bool judge_reserved = terms.extensions_understood(); // RFC 6455 5.8
    if (header.rsv1 && !takes_rsv1(header, terms.negotiated)) {
        // x-webkit-deflate-frame compresses no control frames either, but no RFC says so: rsv_set.
        if (terms.negotiated.compression == permessage_deflate && is_control(header.opcode))
            found.add(Violation::control_compressed);
        else if (terms.negotiated.compression == permessage_deflate && header.opcode == opcode::continuation)
            found.add(Violation::continuation_compressed);
        else if (judge_reserved)
            found.add(Violation::rsv_set);
    }
    if ((header.rsv2 || header.rsv3) && judge_reserved)
        found.add(Violation::rsv_set);
    if (is_reserved(header.opcode) && judge_reserved)
        found.add(Violation::opcode_reserved);
}

} // namespace

Violations judge_header(const FrameHeader& header, const DirectionTerms& terms, MessageState message, bool after_close) noexcept {
    Violations found;
    judge_reserved_bits(header, terms, found);
    if (terms.masked() && !header.masked)
        found.add(Violation::client_unmasked);
    if (!terms.masked() && header.masked)
        found.add(Violation::server_masked);
    if (!header.length_minimal())
        found.add(Violation::length_not_minimal);
    if (header.payload_length >> 63)
        found.add(Violation::length_msb_set);
    if (is_control(header.opcode)) {
        if (header.payload_length > longest_control_payload)
            found.add(Violation::control_too_long);
        if (!header.fin)
            found.add(Violation::control_fragmented);
    } else {
        if (after_close)
            found.add(Violation::data_after_close);
        if (header.opcode == opcode::continuation && message == MessageState::none)
            found.add(Violation::continuation_unexpected);
        if ((header.opcode == opcode::text || header.opcode == opcode::binary) && message == MessageState::open)
            found.add(Violation::data_interleaved);
    }
    return found;
}

void judge_close(Frame& frame) noexcept {
    const auto body = frame.payload;
    if (body.size() < frame.header.payload_length || body.empty())
        return;
    if (body.size() == 1) {
        frame.violations.add(Violation::close_length);
        return;
    }
    if (!close_code(static_cast<std::uint16_t>(body[0] << 8 | body[1])).may_be_sent)
        frame.violations.add(Violation::close_code_invalid);
    Utf8Validator utf8;
    const auto good = utf8.feed(body.subspan(2));
    if (!utf8.valid() || !utf8.at_boundary()) {
        frame.violations.add(Violation::close_reason_not_utf8);
        frame.violation_offset = static_cast<std::uint32_t>(2 + std::min(good, body.size() - 3));
    }
}

} // namespace ws
