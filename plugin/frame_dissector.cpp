// SPDX-License-Identifier: GPL-2.0-or-later
// The frames: pieces of payload go to the connection, and what it tells is shown.
#include "frame_dissector.hpp"

#include "border.hpp"
#include "builtin_fields.hpp"
#include "columns.hpp"
#include "diagnosis_fields.hpp"
#include "frame_fields.hpp"
#include "handshake_dissector.hpp"
#include "http2_dissector.hpp"
#include "http3_frames.hpp"
#include "message_fields.hpp"
#include "protocol.hpp"
#include "subdissectors.hpp"

namespace ws {
namespace {

dissector_handle_t frames;
dissector_handle_t undecided;
dissector_handle_t upgrade;
dissector_handle_t http_over_tcp;

/// How many pieces of a connection this packet had so far; the packet's number alone does not tell them apart.
std::uint32_t next_ordinal(packet_info* pinfo, std::uint32_t stream) {
    auto* count = static_cast<std::uint32_t*>(p_get_proto_data(pinfo->pool, pinfo, protocol.id, stream));
    if (!count) {
        count = wmem_new0(pinfo->pool, std::uint32_t);
        p_add_proto_data(pinfo->pool, pinfo, protocol.id, stream, count);
    }
    return (*count)++;
}

Facts read_piece(tvbuff_t* tvb, packet_info* pinfo, Upgraded& upgraded, Direction direction,
                 std::optional<std::uint32_t> sequence) {
    Piece piece;
    const auto captured = tvb_captured_length(tvb);
    piece.direction = direction;
    piece.bytes = {tvb_get_ptr(tvb, 0, static_cast<int>(captured)), captured};
    piece.cut = tvb_reported_length(tvb) - captured;
    piece.sequence = sequence;
    piece.packet = pinfo->num;
    piece.ordinal = next_ordinal(pinfo, upgraded.stream);
    piece.time = static_cast<std::int64_t>(pinfo->abs_ts.secs) * 1000000000 + pinfo->abs_ts.nsecs;
    if (PINFO_FD_VISITED(pinfo))
        return upgraded.connection.again(piece, packet_arena(pinfo));
    const auto facts = upgraded.connection.feed(piece, may_revisit(pinfo), packet_arena(pinfo));
    upgraded.tally.add(direction, facts, piece.time);
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

void show_frame(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Upgraded& upgraded, Direction direction,
                const Frame& frame) {
    add_frame_to_columns(pinfo, frame);
    const auto shown = add_frame(tree, pinfo, tvb, upgraded, direction, frame);
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
    start_columns(pinfo, direction);
    const auto* rest = facts.rests.begin();
    for (const auto& frame : facts.frames) {
        for (; rest != facts.rests.end() && !frame.spread && rest->offset <= frame.offset && rest->undecoded != Undecoded::no;
             ++rest)
            add_rest(tree, pinfo, tvb, upgraded, direction, *rest);
        show_frame(tvb, pinfo, tree, upgraded, direction, frame);
    }
    for (; rest != facts.rests.end(); ++rest) {
        add_rest_to_columns(pinfo, *rest);
        add_rest(tree, pinfo, tvb, upgraded, direction, *rest);
    }
}

int dissect_piece_of(Session& session, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree,
                     std::optional<std::uint32_t> sequence) {
    auto* upgraded = session.upgraded_at(pinfo->num);
    if (!upgraded)
        return 0;
    const auto direction = session.direction(pinfo);
    static_assert(std::is_trivially_destructible_v<Facts>);
    const Facts facts = read_piece(tvb, pinfo, *upgraded, direction, sequence);
    show(tvb, pinfo, tree, *upgraded, direction, facts);
    return static_cast<int>(tvb_captured_length(tvb));
}

int dissect_piece(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, const tcpinfo* tcp) {
    auto* session = find_session(pinfo);
    std::optional<std::uint32_t> sequence;
    if (tcp && !tcp->is_reassembled) // reassembled bytes are in order, and do not begin where the segment does
        sequence = tcp->seq;
    return session ? dissect_piece_of(*session, tvb, pinfo, tree, sequence) : 0;
}

int dissect_frames(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
    return dissect_piece(tvb, pinfo, tree, static_cast<const tcpinfo*>(data));
}

/// From HTTP, after a 101 response, also inside TLS. `data` is HTTP's own in newer releases.
int dissect_upgraded(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
    if (http2_is_followed()) // which takes it from there
        return static_cast<int>(tvb_captured_length(tvb));
    if (is_http3(data)) {
        dissect_http3_frames(tvb, pinfo, tree, data);
        return static_cast<int>(tvb_captured_length(tvb));
    }
    if (!dissect_response_before(tvb, pinfo, tree))
        return static_cast<int>(tvb_captured_length(tvb));
    return dissect_piece(tvb, pinfo, tree, nullptr);
}

/// The client speaks in frames: the server's answer was not captured.
bool begins_with_client_frames(tvbuff_t* tvb) {
    const auto size = tvb_captured_length(tvb);
    const BorderHints hints{true, {}};
    return size >= 2 && count_frames({tvb_get_ptr(tvb, 0, static_cast<int>(size)), size}, hints) > 0;
}

int dissect_undecided(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
    auto* session = find_session(pinfo);
    if (session && session->direction(pinfo) == Direction::client_to_server) {
        if (!PINFO_FD_VISITED(pinfo) && !session->upgraded_at(pinfo->num) && begins_with_client_frames(tvb)) {
            session->upgrade_unanswered(pinfo);
            conversation_set_dissector_from_frame_number(find_or_create_conversation(pinfo), pinfo->num, frames);
        }
        if (session->upgraded_at(pinfo->num))
            return dissect_frames(tvb, pinfo, tree, data);
    }
    if (pinfo->can_desegment > 0)
        ++pinfo->can_desegment; // each call takes one away, and HTTP is to have TCP's service as if called by it
    return call_dissector_only(http_over_tcp, tvb, pinfo, tree, data);
}

/// A connection whose handshake was not captured, or not handed over.
bool begins_midstream(tvbuff_t* tvb, packet_info* pinfo) {
    if (!protocol.take_over)
        return false;
    const auto size = tvb_captured_length(tvb);
    const Bytes bytes(tvb_get_ptr(tvb, 0, static_cast<int>(size)), size);
    const bool masked = certainly_frames(bytes, true);
    if (!masked && !certainly_frames(bytes, false))
        return false;
    session_of(pinfo, masked ? Direction::client_to_server : Direction::server_to_client).upgrade_unanswered(pinfo);
    return true;
}

/// The beginning of a request line whose end is still to come: HTTP's own heuristic wants the whole line in one segment.
bool begins_request_line(tvbuff_t* tvb) {
    const std::string_view get = "GET /";
    const auto size = tvb_captured_length(tvb);
    const std::string_view bytes(reinterpret_cast<const char*>(tvb_get_ptr(tvb, 0, static_cast<int>(size))), size);
    const auto compared = std::min(bytes.size(), get.size());
    return compared > 0 && bytes.substr(0, compared) == get.substr(0, compared) && bytes.find('\n') == std::string_view::npos;
}

HeuristicResult recognise_in_tcp(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
    if (PINFO_FD_VISITED(pinfo) || find_session(pinfo))
        return FALSE;
    auto* to = protocol.take_over && begins_request_line(tvb) ? undecided : begins_midstream(tvb, pinfo) ? frames : nullptr;
    if (!to)
        return FALSE;
    conversation_set_dissector_from_frame_number(find_or_create_conversation(pinfo), pinfo->num, to);
    return (to == frames ? dissect_frames(tvb, pinfo, tree, data) : dissect_undecided(tvb, pinfo, tree, data)) != 0;
}

/// TLS asks again for each record.
HeuristicResult recognise_in_tls(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void*) {
    auto* session = find_session(pinfo);
    if (!session && (PINFO_FD_VISITED(pinfo) || !begins_midstream(tvb, pinfo)))
        return FALSE;
    return dissect_piece(tvb, pinfo, tree, nullptr) != 0;
}

} // namespace

dissector_handle_t frames_handle() {
    return frames;
}

dissector_handle_t undecided_handle() {
    return undecided;
}

void dissect_after_response(tvbuff_t* tvb, int offset, packet_info* pinfo, proto_tree* tree) {
    if (tvb_reported_length_remaining(tvb, offset) > 0)
        dissect_piece(tvb_new_subset_remaining(tvb, offset), pinfo, tree, nullptr);
}

void dissect_stream_data(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session, std::uint32_t sequence) {
    dissect_piece_of(session, tvb, pinfo, tree, sequence);
}

void register_frame_dissectors() {
    frames = register_dissector("ws", dissect_frames, protocol.id);
    upgrade = register_dissector("ws.upgrade", dissect_upgraded, protocol.id);
    undecided = create_dissector_handle(dissect_undecided, -1);
}

void hand_off_frame_dissectors() {
    http_over_tcp = find_dissector("http-over-tcp");
    heur_dissector_add("tcp", recognise_in_tcp, "WebSocket over TCP, without its handshake", "ws_tcp", protocol.id,
                       HEURISTIC_ENABLE);
    heur_dissector_add("tls", recognise_in_tls, "WebSocket over TLS, without its handshake", "ws_tls", protocol.id,
                       HEURISTIC_ENABLE);
    dissector_add_for_decode_as("tcp.port", frames);
    register_init_routine([] {
        // Before each dissection of a file: the user may have disabled the protocol since the last.
        const bool ours = protocol.take_over && proto_is_protocol_enabled(find_protocol_by_id(protocol.id));
        if (ours)
            dissector_change_string("http.upgrade", "websocket", upgrade);
        else
            dissector_reset_string("http.upgrade", "websocket");
    });
}

} // namespace ws
