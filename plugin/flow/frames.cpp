// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow/frames.hpp"

#include "flow/subprotocol.hpp"
#include "state/capture.hpp"
#include "view/builtin_fields.hpp"
#include "view/columns.hpp"
#include "view/diagnosis_fields.hpp"
#include "view/message_fields.hpp"
#include "wireshark/packet_keys.hpp"

namespace ws {
namespace {

/// How many pieces of a connection this packet had so far; the packet's number alone does not tell them apart.
std::uint32_t& pieces_of(packet_info* pinfo, std::uint32_t stream) {
    return kept_with<std::uint32_t>(pinfo, packet_key::pieces_of_stream | stream);
}

Piece piece_of(tvbuff_t* tvb, packet_info* pinfo, std::uint32_t stream, Direction direction,
               std::optional<std::uint32_t> sequence) {
    Piece piece;
    const auto captured = tvb_captured_length(tvb);
    piece.direction = direction;
    piece.bytes = {tvb_get_ptr(tvb, 0, static_cast<int>(captured)), captured};
    piece.cut = tvb_reported_length(tvb) - captured;
    piece.sequence = sequence;
    piece.packet = pinfo->num;
    piece.ordinal = pieces_of(pinfo, stream);
    piece.time = static_cast<std::int64_t>(pinfo->abs_ts.secs) * 1000000000 + pinfo->abs_ts.nsecs;
    return piece;
}

Facts read_piece(const Piece& piece, packet_info* pinfo, Upgraded& upgraded) {
    ++pieces_of(pinfo, upgraded.stream);
    if (PINFO_FD_VISITED(pinfo))
        return upgraded.connection.again(piece, packet_arena(pinfo));
    const auto facts = upgraded.connection.feed(piece, capture->revisits.may(pinfo), packet_arena(pinfo));
    upgraded.tally.add(piece.direction, facts, piece.time);
    return facts;
}

/// Why the first Close frame came.
void add_close_diagnosis(const FrameTree& shown, packet_info* pinfo, const Upgraded& upgraded, Direction direction,
                         const Frame& frame) {
    if (frame.payload.size() < 2)
        return;
    const auto code = static_cast<std::uint16_t>(frame.payload[0] << 8 | frame.payload[1]);
    const auto now = static_cast<std::int64_t>(pinfo->abs_ts.secs) * 1000000000 + pinfo->abs_ts.nsecs;
    if (const auto found = diagnose_close(direction, code, now - upgraded.tally.opened, packet_arena(pinfo)))
        add_diagnosis(shown.tree, pinfo, shown.payload.tvb, shown.payload.offset, 2, found->diagnosis, found->text.data());
}

/// `captured_in`: the packet, if it is another one.
void show_frame(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Upgraded& upgraded, Direction direction, const Frame& frame,
                guint32 captured_in = 0) {
    add_frame_to_columns(pinfo, frame);
    const auto shown = add_frame(tree, pinfo, tvb, upgraded.stream, direction, frame, captured_in);
    if (shown.tree && frame.closes_first)
        add_close_diagnosis(shown, pinfo, upgraded, direction, frame);
    Place message{};
    if (frame.completes)
        message = add_message(shown, pinfo, frame, tvb, has_subdissector(upgraded));
    if (shown.tree)
        add_builtin_fields(tree, pinfo, shown, frame, message);
    if (message.tvb)
        dissect_message(message, pinfo, tree, upgraded, direction, *frame.completes);
}

void show(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Upgraded& upgraded, Direction direction, const Facts& facts) {
    if (facts.events.empty())
        return; // all of it was sent before
    start_columns(pinfo, direction);
    for (const auto& event : facts.events) {
        if (const auto* frame = std::get_if<Frame>(&event)) {
            show_frame(tvb, pinfo, tree, upgraded, direction, *frame);
        } else if (const auto* part = std::get_if<FramePart>(&event)) {
            add_part_to_columns(pinfo, *part);
            add_part(tree, pinfo, tvb, upgraded.stream, direction, *part);
        } else if (const auto* skipped = std::get_if<SkippedBytes>(&event)) {
            add_skipped_to_columns(pinfo, *skipped);
            add_skipped(tree, pinfo, tvb, upgraded.stream, direction, *skipped);
        }
    }
}

/// What this side sent while the connection was a suspect.
void show_backlog(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Upgraded& upgraded, Direction direction) {
    auto* known = upgraded.earlier[static_cast<std::size_t>(direction)].get();
    if (!known)
        return;
    auto& earlier = *known;
    if (!PINFO_FD_VISITED(pinfo) && !earlier.shown_in)
        earlier.shown_in = pinfo->num;
    if (earlier.shown_in != pinfo->num || pieces_of(pinfo, upgraded.stream))
        return;
    for (const auto& captured : earlier.pieces) {
        Piece piece = captured.piece;
        piece.bytes = captured.bytes;
        piece.packet = pinfo->num;
        piece.ordinal = pieces_of(pinfo, upgraded.stream);
        Facts facts = read_piece(piece, pinfo, upgraded);
        start_columns(pinfo, direction);
        for (auto& event : facts.events)
            if (auto* frame = std::get_if<Frame>(&event)) {
                frame->spread = true; // not in this packet's bytes
                show_frame(tvb, pinfo, tree, upgraded, direction, *frame, captured.piece.packet);
            }
        col_set_fence(pinfo->cinfo, COL_INFO);
    }
}

} // namespace

bool was_decoded(packet_info* pinfo, const Upgraded& upgraded) {
    return is_kept_with(pinfo, packet_key::pieces_of_stream | upgraded.stream);
}

HttpPart dissect_frames(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session, Upgraded& upgraded,
                        std::optional<std::uint32_t> sequence) {
    static_assert(std::is_trivially_destructible_v<Piece> && std::is_trivially_destructible_v<Facts>);
    const auto direction = session.direction(pinfo);
    show_backlog(tvb, pinfo, tree, upgraded, direction);
    Piece piece = piece_of(tvb, pinfo, upgraded.stream, direction, sequence);
    const auto part = find_http_part(session, upgraded, piece, pinfo);
    auto* frames_tvb = tvb;
    const auto whole = piece;
    if (part.found) {
        piece.bytes = piece.bytes.first(part.offset);
        piece.cut = 0;
        frames_tvb = part.offset ? tvb_new_subset_length(tvb, 0, static_cast<int>(part.offset)) : nullptr;
    }
    if (frames_tvb)
        show(frames_tvb, pinfo, tree, upgraded, direction, read_piece(piece, pinfo, upgraded));
    if (part.port && !PINFO_FD_VISITED(pinfo))
        upgraded.connection.pass_over(whole);
    return part;
}

void dissect_stream_data(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session, std::uint32_t sequence) {
    auto* upgraded = session.upgraded_at(pinfo->num);
    if (!upgraded)
        return;
    const auto direction = session.direction(pinfo);
    const Piece piece = piece_of(tvb, pinfo, upgraded->stream, direction, sequence);
    show(tvb, pinfo, tree, *upgraded, direction, read_piece(piece, pinfo, *upgraded));
}

} // namespace ws
