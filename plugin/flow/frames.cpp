// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow/frames.hpp"

#include "flow/content.hpp"
#include "flow/pieces.hpp"
#include "flow/tapping.hpp"
#include "flow/verdict.hpp"
#include "state/capture.hpp"
#include "view/columns.hpp"
#include "view/frame_fields.hpp"

namespace ws {
namespace {

StreamData piece_of(tvbuff_t* tvb, packet_info* pinfo, std::uint32_t stream, Direction direction,
                    std::optional<std::uint32_t> sequence) {
    StreamData piece;
    const auto captured = tvb_captured_length(tvb);
    piece.direction = direction;
    piece.bytes = {tvb_get_ptr(tvb, 0, static_cast<int>(captured)), captured};
    piece.cut = tvb_reported_length(tvb) - captured;
    piece.sequence = sequence;
    piece.packet = pinfo->num;
    piece.ordinal = pieces_of(pinfo, stream);
    piece.time = time_of(pinfo);
    return piece;
}

Facts read_piece(const StreamData& piece, packet_info* pinfo, Session& session, Connection& connection) {
    ++pieces_of(pinfo, connection.stream);
    if (PINFO_FD_VISITED(pinfo))
        return connection.decoder.again(piece, packet_arena(pinfo));
    const auto facts = connection.decoder.feed(piece, capture->revisits.may(pinfo), packet_arena(pinfo));
    // What a Close frame means depends on what came before it: on the clock before this piece too.
    for (const auto& event : facts.events)
        if (const auto* frame = std::get_if<Frame>(&event)) {
            if (frame->closes_first)
                note_close(*frame, piece.direction, pinfo, session, connection);
            note_heartbeat(*frame, piece.direction, piece, connection);
            note_message(*frame, piece.direction, pinfo, session, connection);
        }
    connection.statistics.add(piece.direction, facts, piece.time, piece.packet);
    return facts;
}

/// `captured_in`: the packet, if it is another one.
void show_frame(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session, Connection& connection, const Whose& of,
                const Frame& frame, const Told& told, guint32 captured_in = 0) {
    add_frame_to_columns(pinfo, frame, told.words, !told.by_other);
    const auto shown = add_frame(frames_are_looked_at(tree) ? tree : nullptr, pinfo, tvb, of, frame, captured_in);
    if (frame.closes_first)
        show_close_notes(shown, pinfo, session, connection, frame);
    show_content(tvb, pinfo, tree, session, connection, of, shown, frame, told);
}

void show(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session, Connection& connection, const StreamData& piece,
          const Facts& facts) {
    if (facts.events.empty())
        return; // all of it was sent before
    const auto of = session.whose(connection.stream, piece.direction);
    start_columns(pinfo, of);
    for (const auto& event : facts.events) {
        const auto* frame = std::get_if<Frame>(&event);
        const auto told = frame ? tell(pinfo, connection, of, *frame) : Told{};
        tap_event(pinfo, session, connection, piece, event, told.words);
        if (frame) {
            show_frame(tvb, pinfo, tree, session, connection, of, *frame, told);
        } else if (const auto* part = std::get_if<FramePart>(&event)) {
            add_part_to_columns(pinfo, *part);
            add_part(tree, pinfo, tvb, of, *part);
        } else if (const auto* skipped = std::get_if<SkippedBytes>(&event)) {
            add_skipped_to_columns(pinfo, *skipped);
            add_skipped(tree, pinfo, tvb, of, *skipped);
        }
    }
    finish_columns(pinfo);
}

/// What this side sent while the connection was a suspect.
void show_backlog(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session, Connection& connection,
                  Direction direction) {
    auto* known = connection.backlog[static_cast<std::size_t>(direction)].get();
    if (!known)
        return;
    auto& backlog = *known;
    if (!PINFO_FD_VISITED(pinfo) && !backlog.shown_in)
        backlog.shown_in = pinfo->num;
    if (backlog.shown_in != pinfo->num || pieces_of(pinfo, connection.stream))
        return;
    const auto of = session.whose(connection.stream, direction);
    for (const auto& captured : backlog.pieces) {
        StreamData piece = captured.piece;
        piece.bytes = captured.bytes;
        piece.packet = pinfo->num;
        piece.ordinal = pieces_of(pinfo, connection.stream);
        Facts facts = read_piece(piece, pinfo, session, connection);
        start_columns(pinfo, of);
        for (auto& event : facts.events)
            if (auto* frame = std::get_if<Frame>(&event)) {
                const auto told = tell(pinfo, connection, of, *frame);
                tap_event(pinfo, session, connection, captured.piece, event, told.words);
                frame->spread = true; // not in this packet's bytes
                show_frame(tvb, pinfo, tree, session, connection, of, *frame, told, captured.piece.packet);
            }
        finish_columns(pinfo);
        col_set_fence(pinfo->cinfo, COL_INFO);
    }
}

} // namespace

bool was_decoded(packet_info* pinfo, const Connection& connection) {
    return pieces_so_far(pinfo, connection.stream) != nullptr;
}

HttpPart dissect_frames(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session, Connection& connection,
                        std::optional<std::uint32_t> sequence) {
    static_assert(std::is_trivially_destructible_v<StreamData> && std::is_trivially_destructible_v<Facts>);
    const auto direction = session.direction(pinfo);
    show_backlog(tvb, pinfo, tree, session, connection, direction);
    StreamData piece = piece_of(tvb, pinfo, connection.stream, direction, sequence);
    const auto part = find_http_part(session, connection, piece, pinfo);
    auto* frames_tvb = tvb;
    auto passed = piece;
    if (part.found) {
        piece.bytes = piece.bytes.first(part.offset);
        piece.cut = 0;
        frames_tvb = part.offset ? tvb_new_subset_length(tvb, 0, static_cast<int>(part.offset)) : nullptr;
    }
    if (frames_tvb)
        show(frames_tvb, pinfo, tree, session, connection, piece, read_piece(piece, pinfo, session, connection));
    if (part.offset + part.length < passed.bytes.size()) {
        passed.bytes = passed.bytes.first(part.offset + part.length);
        passed.cut = 0;
    }
    if (part.port && !PINFO_FD_VISITED(pinfo))
        connection.decoder.pass_over(passed);
    return part;
}

void dissect_stream_data(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session, std::uint32_t sequence) {
    auto* connection = session.connection_at(pinfo->num);
    if (!connection)
        return;
    note_shown(pinfo, *connection);
    const StreamData piece = piece_of(tvb, pinfo, connection->stream, session.direction(pinfo), sequence);
    show(tvb, pinfo, tree, session, *connection, piece, read_piece(piece, pinfo, session, *connection));
}

} // namespace ws
