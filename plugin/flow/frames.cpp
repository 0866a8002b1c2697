// SPDX-License-Identifier: GPL-2.0-or-later
// The frames: pieces of payload go to the connection, and what it tells is shown.
#include "flow/frames.hpp"

#include "dissector/border.hpp"
#include "flow/handshake.hpp"
#include "flow/http2.hpp"
#include "flow/http3.hpp"
#include "flow/recognition.hpp"
#include "flow/subprotocol.hpp"
#include "view/builtin_fields.hpp"
#include "view/columns.hpp"
#include "view/diagnosis_fields.hpp"
#include "view/frame_fields.hpp"
#include "view/message_fields.hpp"
#include "wireshark/protocol.hpp"
#include "wireshark/tcp_ends.hpp"
#include "wireshark/tcp_segment.hpp"

#include <algorithm>

namespace ws {
namespace {

using Sequence = std::optional<std::uint32_t>;

dissector_handle_t frames;
dissector_handle_t undecided;
dissector_handle_t upgrade;
dissector_handle_t http_over_tcp;
heur_dtbl_entry_t* heuristic;
int tcp_id = -1;
int data_id = -1;
int tls_id = -1;
int http_id = -1;
dissector_table_t tcp_port_table;
/// The last packet that TCP asked us about.
guint32 asked = 0;

/// How many pieces of a connection this packet had so far; the packet's number alone does not tell them apart.
std::uint32_t& pieces_of(packet_info* pinfo, std::uint32_t stream) {
    auto* count = static_cast<std::uint32_t*>(p_get_proto_data(pinfo->pool, pinfo, protocol.id, stream));
    if (!count) {
        count = wmem_new0(pinfo->pool, std::uint32_t);
        p_add_proto_data(pinfo->pool, pinfo, protocol.id, stream, count);
    }
    return *count;
}

/// Where TCP's payload is in the stream. Reassembled bytes are in order, and do not begin where the segment does.
Sequence sequence_of(tvbuff_t* tvb, const packet_info* pinfo, const void* data) {
    const auto* tcp = static_cast<const tcpinfo*>(data);
    return tcp && !tcp->is_reassembled ? find_sequence(tvb, pinfo) : Sequence{};
}

Piece piece_of(tvbuff_t* tvb, packet_info* pinfo, std::uint32_t stream, Direction direction, Sequence sequence) {
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
    const auto facts = upgraded.connection.feed(piece, may_revisit(pinfo), packet_arena(pinfo));
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
    const auto shown = add_frame(tree, pinfo, tvb, upgraded, direction, frame, captured_in);
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

void show_rest(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Upgraded& upgraded, Direction direction, const Rest& rest) {
    add_rest_to_columns(pinfo, rest);
    add_rest(tree, pinfo, tvb, upgraded, direction, rest);
}

void show(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Upgraded& upgraded, Direction direction, const Facts& facts) {
    start_columns(pinfo, direction);
    const auto* rest = facts.rests.begin();
    for (const auto& frame : facts.frames) {
        for (; rest != facts.rests.end() && !frame.spread && rest->offset <= frame.offset && rest->undecoded != Undecoded::no;
             ++rest)
            show_rest(tvb, pinfo, tree, upgraded, direction, *rest);
        show_frame(tvb, pinfo, tree, upgraded, direction, frame);
    }
    for (; rest != facts.rests.end(); ++rest)
        show_rest(tvb, pinfo, tree, upgraded, direction, *rest);
}

/// What this side sent while the connection was a suspect.
void show_earlier(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Upgraded& upgraded, Direction direction) {
    auto& earlier = upgraded.earlier[static_cast<std::size_t>(direction)];
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
        for (auto& frame : facts.frames) {
            frame.spread = true; // not in this packet's bytes
            show_frame(tvb, pinfo, tree, upgraded, direction, frame, captured.piece.packet);
        }
        col_set_fence(pinfo->cinfo, COL_INFO);
    }
}

/// The bytes from `offset` on are no frames.
void leave_to_http(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* tcp, Direction direction,
                   const HttpApart::Part& part) {
    const auto offset = static_cast<int>(part.offset);
    if (part.port)
        dissect_http_apart(tvb_new_subset_remaining(tvb, offset), pinfo, tree, tcp, direction, part.port);
    else
        pinfo->desegment_len = DESEGMENT_ONE_MORE_SEGMENT;
    if (pinfo->desegment_len)
        pinfo->desegment_offset += offset;
}

/// `tcp`: TCP's own data, for HTTP.
int dissect_piece(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* tcp, Sequence sequence) {
    auto* session = find_session(pinfo);
    auto* upgraded = session ? session->upgraded_now(pinfo) : nullptr;
    if (!upgraded)
        return 0;
    if (upgraded->by_packet && !sequence)
        return static_cast<int>(tvb_captured_length(tvb)); // each packet's own payload is dissected after all others
    const auto direction = session->direction(pinfo);
    static_assert(std::is_trivially_destructible_v<Piece> && std::is_trivially_destructible_v<Facts>);
    show_earlier(tvb, pinfo, tree, *upgraded, direction);
    Piece piece = piece_of(tvb, pinfo, upgraded->stream, direction, sequence);
    const auto* http = find_http_part(*session, *upgraded, piece, pinfo);
    const HttpApart::Part part = http ? *http : HttpApart::Part{}; // the dissector called may add others
    auto* frames_tvb = tvb;
    const auto whole = piece;
    if (http) {
        piece.bytes = piece.bytes.first(part.offset);
        piece.cut = 0;
        frames_tvb = part.offset ? tvb_new_subset_length(tvb, 0, static_cast<int>(part.offset)) : nullptr;
    }
    if (frames_tvb)
        show(frames_tvb, pinfo, tree, *upgraded, direction, read_piece(piece, pinfo, *upgraded));
    if (part.port && !PINFO_FD_VISITED(pinfo))
        upgraded->connection.pass_over(whole);
    if (http)
        leave_to_http(tvb, pinfo, tree, tcp, direction, part);
    return static_cast<int>(tvb_captured_length(tvb));
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
    return dissect_piece(tvb, pinfo, tree, nullptr, {});
}

int dissect_frames(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data);

/// One side speaks in frames: the server's answer was not captured. Of the server, which may send a body instead, it takes more.
bool begins_with_frames(tvbuff_t* tvb, Direction direction) {
    constexpr std::uint32_t enough_bits = 12, enough_unfinished_bits = 20;
    const auto size = tvb_captured_length(tvb);
    const BorderHints hints{direction == Direction::client_to_server, {}, false};
    Chain chain;
    follow(chain, {tvb_get_ptr(tvb, 0, static_cast<int>(size)), size}, hints);
    return chain.fits &&
           (direction == Direction::client_to_server ? chain.headers > 0
                                                     : chain.bits >= (chain.exact ? enough_bits : enough_unfinished_bits));
}

/// In a tunnel it is the inner one.
void give_conversation(packet_info* pinfo, dissector_handle_t to) {
    conversation_set_dissector_from_frame_number(find_or_create_conversation(pinfo), pinfo->num, to);
}

int dissect_undecided(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
    auto* session = find_session(pinfo);
    if (session && !PINFO_FD_VISITED(pinfo) && !session->upgraded_at(pinfo->num) &&
        begins_with_frames(tvb, session->direction(pinfo))) {
        session->upgrade_unanswered(pinfo).connection.begin(session->direction(pinfo));
        give_conversation(pinfo, frames);
    }
    const auto port = session ? session->http.port_at(pinfo->num) : 0;
    const auto* upgraded = session ? session->upgraded_at(pinfo->num) : nullptr;
    if (upgraded && (session->direction(pinfo) == Direction::client_to_server || (!upgraded->answered && !port)))
        return dissect_frames(tvb, pinfo, tree, data);
    if (port) {
        dissect_http_apart(tvb, pinfo, tree, data, session->direction(pinfo), port);
        return static_cast<int>(tvb_captured_length(tvb));
    }
    if (pinfo->can_desegment > 0)
        ++pinfo->can_desegment; // each call takes one away, and HTTP is to have TCP's service as if called by it
    return call_dissector_only(http_over_tcp, tvb, pinfo, tree, data);
}

/// The beginning of a request line whose end is still to come: HTTP's own heuristic wants the whole line in one segment.
bool begins_request_line(tvbuff_t* tvb) {
    const std::string_view get = "GET /";
    const auto size = tvb_captured_length(tvb);
    const std::string_view bytes(reinterpret_cast<const char*>(tvb_get_ptr(tvb, 0, static_cast<int>(size))), size);
    const auto compared = std::min(bytes.size(), get.size());
    return compared > 0 && bytes.substr(0, compared) == get.substr(0, compared) && bytes.find('\n') == std::string_view::npos;
}

/// A connection whose handshake was not captured, or not handed over.
Upgraded* recognise_payload(tvbuff_t* tvb, packet_info* pinfo, const void* tcp) {
    const auto size = tvb_captured_length(tvb);
    const auto* bytes = tvb_get_ptr(tvb, 0, static_cast<int>(size));
    if (!worth_recognising(pinfo, bytes, size, Unknown::Owner::nobody))
        return nullptr;
    return recognise(pinfo, {bytes, size, tvb_reported_length(tvb) - size, sequence_of(tvb, pinfo, tcp), Unknown::Owner::nobody});
}

HeuristicResult recognise_in_tcp(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
    asked = pinfo->num;
    if (!protocol.take_over || PINFO_FD_VISITED(pinfo) || find_session(pinfo))
        return FALSE;
    if (begins_request_line(tvb)) {
        give_conversation(pinfo, undecided);
        return dissect_undecided(tvb, pinfo, tree, data) != 0;
    }
    if (!recognise_payload(tvb, pinfo, data))
        return FALSE;
    give_conversation(pinfo, frames);
    return dissect_frames(tvb, pinfo, tree, data) != 0;
}

/// TLS asks again for each record.
HeuristicResult recognise_in_tls(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void*) {
    auto* session = find_session(pinfo);
    if (!session && (!protocol.take_over || PINFO_FD_VISITED(pinfo) || !recognise_payload(tvb, pinfo, nullptr)))
        return FALSE;
    return dissect_piece(tvb, pinfo, tree, nullptr, {}) != 0;
}

/// A request or a response, or the beginning of one.
bool begins_head(tvbuff_t* tvb) {
    const auto size = std::min(tvb_captured_length(tvb), 5U);
    return size > 0 && (tvb_memeql(tvb, 0, reinterpret_cast<const guint8*>("GET /"), size) == 0 ||
                        tvb_memeql(tvb, 0, reinterpret_cast<const guint8*>("HTTP/"), size) == 0);
}

/// The user says that this is WebSocket (Decode As, or the preference).
void begin_as_told(tvbuff_t* tvb, packet_info* pinfo) {
    if (begins_head(tvb))
        return give_conversation(pinfo, undecided);
    const bool masked = tvb_captured_length(tvb) > 1 && (tvb_get_uint8(tvb, 1) & 0x80);
    session_of(pinfo, masked ? Direction::client_to_server : Direction::server_to_client)
        .upgrade_unanswered(pinfo)
        .connection.trust_segments();
    give_conversation(pinfo, frames);
}

int dissect_frames(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
    if (!PINFO_FD_VISITED(pinfo) && !find_session(pinfo)) {
        begin_as_told(tvb, pinfo);
        if (!find_session(pinfo))
            return dissect_undecided(tvb, pinfo, tree, data);
    }
    return dissect_piece(tvb, pinfo, tree, data, sequence_of(tvb, pinfo, data));
}

bool has_seen_http(packet_info* pinfo) {
    const auto* conversation = find_tcp_conversation(pinfo);
    const auto* http =
        conversation ? static_cast<const http_conv_t*>(conversation_get_proto_data(conversation, http_id)) : nullptr;
    return http && http->req_res_tail;
}

/// A dissector that shows nothing is a layer of the packet only while no tree is built: then its port tells as much.
bool has_dissector(std::uint32_t port) {
    auto* of = dissector_get_uint_handle(tcp_port_table, port);
    return of && dissector_handle_get_protocol_index(of) != http_id;
}

/// Has a dissector above TCP found its protocol?
Unknown::Owner owner(packet_info* pinfo, std::uint8_t first_byte) {
    constexpr std::uint8_t first_record = 20, last_record = 24; // TLS content types
    auto* last = wmem_list_tail(pinfo->layers);
    if (last && GPOINTER_TO_INT(wmem_list_frame_data(last)) == protocol.id) // that is where we are
        last = wmem_list_frame_prev(last);
    if (last && GPOINTER_TO_INT(wmem_list_frame_data(last)) == data_id)
        last = wmem_list_frame_prev(last);
    const int id = last ? GPOINTER_TO_INT(wmem_list_frame_data(last)) : -1;
    const auto ports = tcp_ports(pinfo);
    if (id == tcp_id && (has_dissector(ports.source) || has_dissector(ports.destination)))
        return Unknown::Owner::other;
    if (id == tcp_id || id == http_id) // HTTP takes all, and shows it only after a head
        return has_seen_http(pinfo) ? Unknown::Owner::other : Unknown::Owner::nobody;
    // TLS takes whatever comes to its ports.
    const bool record = first_byte >= first_record && first_byte <= last_record;
    return id == tls_id && !record ? Unknown::Owner::doubtful : Unknown::Owner::other;
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
        dissect_piece(tvb_new_subset_remaining(tvb, offset), pinfo, tree, nullptr, {});
}

/// TCP takes a segment for a retransmission or out of order, and keeps it, although it repeats bytes and goes on with new ones.
static bool held_back(packet_info* pinfo, Session& session, Upgraded& upgraded, const Segment& segment) {
    if (PINFO_FD_VISITED(pinfo))
        return std::binary_search(upgraded.held_back.begin(), upgraded.held_back.end(), pinfo->num);
    if (!session.http.parts.empty() || // TCP may hold packets back for HTTP
        !upgraded.connection.goes_on_with(session.direction(pinfo), segment.sequence, segment.length))
        return false;
    auto* conversation = find_tcp_conversation(pinfo);
    if (!conversation || conversation_get_dissector(conversation, pinfo->num) != frames)
        return false;
    upgraded.held_back.push_back(pinfo->num);
    return true;
}

bool dissect_unclaimed(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session* session) {
    auto* upgraded = session ? session->upgraded_at(pinfo->num) : nullptr;
    const bool unknown = !session && !PINFO_FD_VISITED(pinfo) && asked != pinfo->num && heuristic->enabled;
    const bool missed = upgraded && !p_get_proto_data(pinfo->pool, pinfo, protocol.id, upgraded->stream);
    Segment segment;
    if ((!unknown && !missed) || !find_segment(tvb, pinfo, segment) || !segment.length ||
        segment.payload >= tvb_captured_length(tvb))
        return false;
    if (missed && !upgraded->by_packet && !held_back(pinfo, *session, *upgraded, segment))
        return false;
    const auto captured = std::min(tvb_captured_length(tvb) - static_cast<guint>(segment.payload), segment.length);
    if (unknown) {
        const auto* bytes = tvb_get_ptr(tvb, static_cast<int>(segment.payload), static_cast<int>(captured));
        const auto of = owner(pinfo, bytes[0]);
        if (!worth_recognising(pinfo, bytes, captured, of))
            return false;
        upgraded = recognise(pinfo, {bytes, captured, segment.length - captured, segment.sequence, of});
        if (!upgraded)
            return false;
        upgraded->by_packet = true;
        conversation_set_dissector_from_frame_number(tcp_conversation(pinfo), pinfo->num, frames);
    }
    col_clear_fence(pinfo->cinfo, COL_INFO);
    auto* payload = tvb_new_subset_length_caplen(tvb, static_cast<int>(segment.payload), static_cast<int>(captured),
                                                 static_cast<int>(segment.length));
    return dissect_piece(payload, pinfo, tree, nullptr, segment.sequence) != 0;
}

void dissect_stream_data(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session, std::uint32_t sequence) {
    auto* upgraded = session.upgraded_at(pinfo->num);
    if (!upgraded)
        return;
    const auto direction = session.direction(pinfo);
    const Piece piece = piece_of(tvb, pinfo, upgraded->stream, direction, sequence);
    show(tvb, pinfo, tree, *upgraded, direction, read_piece(piece, pinfo, *upgraded));
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
    heuristic = find_heur_dissector_by_unique_short_name("ws_tcp");
    tcp_id = proto_get_id_by_filter_name("tcp");
    data_id = proto_get_id_by_filter_name("data");
    tls_id = proto_get_id_by_filter_name("tls");
    http_id = proto_get_id_by_filter_name("http");
    tcp_port_table = find_dissector_table("tcp.port");
    heur_dissector_add("tls", recognise_in_tls, "WebSocket over TLS, without its handshake", "ws_tls", protocol.id,
                       HEURISTIC_ENABLE);
    dissector_add_for_decode_as("tcp.port", frames);
    assign_ports();
    register_init_routine([] {
        asked = 0;
        forget_segment();
        // Before each dissection of a file: the user may have disabled the protocol since the last.
        const bool ours = protocol.take_over && proto_is_protocol_enabled(find_protocol_by_id(protocol.id));
        if (ours)
            dissector_change_string("http.upgrade", "websocket", upgrade);
        else
            dissector_reset_string("http.upgrade", "websocket");
    });
}

void assign_ports() {
    static range_t* assigned = nullptr;
    if (assigned)
        dissector_delete_uint_range("tcp.port", assigned, frames);
    wmem_free(wmem_epan_scope(), assigned);
    assigned = range_copy(wmem_epan_scope(), protocol.ports);
    dissector_add_uint_range("tcp.port", assigned, frames);
}

} // namespace ws
