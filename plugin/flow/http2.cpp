// SPDX-License-Identifier: GPL-2.0-or-later
// WebSocket over HTTP/2. Wireshark's HTTP/2 dissector hands the DATA of such streams to nobody (4.0, 4.4), or mixes the streams
// up (4.6). So whoever would call it calls this one, which lets it dissect, and then reads the same bytes once more.
#include "flow/http2.hpp"

#include "flow/endings.hpp"
#include "flow/frames.hpp"
#include "view/diagnosis_fields.hpp"
#include "view/handshake_fields.hpp"
#include "wireshark/protocol.hpp"

#include <algorithm>
#include <cstring>

namespace ws {
namespace {

using Kind = Http2Event::Kind;
using Event = Http2Connection::Event;

constexpr char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr int preface_size = sizeof preface - 1;

dissector_handle_t builtin;
dissector_handle_t over_tcp;   ///< Called by TCP.
dissector_handle_t over_other; ///< Called by TLS or HTTP.
dissector_table_t builtin_table;
int http2_id = -1;
/// Under this number, of a field, connections are kept with the conversation.
int key = -1;
bool following = false;

struct File {
    std::vector<std::unique_ptr<Http2Connection>> connections;
    bool active = false;
};
File* file = nullptr;

Http2Connection& connection_of(packet_info* pinfo) {
    auto* conversation = find_or_create_conversation(pinfo);
    if (auto* known = static_cast<Http2Connection*>(conversation_get_proto_data(conversation, key)))
        return *known;
    auto& connection = *file->connections.emplace_back(std::make_unique<Http2Connection>(pinfo));
    conversation_add_proto_data(conversation, key, &connection);
    return connection;
}

/// Which call with bytes of this packet it is, from 0.
std::uint32_t next_ordinal(packet_info* pinfo) {
    auto* count = static_cast<std::uint32_t*>(p_get_proto_data(pinfo->pool, pinfo, http2_id, static_cast<guint32>(key)));
    if (!count) {
        count = wmem_new0(pinfo->pool, std::uint32_t);
        p_add_proto_data(pinfo->pool, pinfo, http2_id, static_cast<guint32>(key), count);
    }
    return (*count)++;
}

/// Bytes at the start of a chunk that were sent before. Finds gaps, too.
std::uint32_t note_sequence(Http2Connection& connection, std::size_t side, std::uint32_t sequence, std::uint32_t length,
                            std::uint32_t cut) {
    auto& expected = connection.expected[side];
    const auto ahead = static_cast<std::int32_t>(sequence - expected.value_or(sequence));
    if (ahead > 0)
        connection.lose(side);
    const auto repeated = ahead < 0 ? std::min(0U - static_cast<std::uint32_t>(ahead), length) : 0;
    const auto end = sequence + length + cut;
    if (!expected || static_cast<std::int32_t>(end - *expected) > 0)
        expected = end;
    return repeated;
}

/// Half of a handshake, as it is shown on every visit.
struct Half {
    std::string_view head;
    Handshake handshake;
    HandshakeContext context;
};
static_assert(std::is_trivially_destructible_v<Half>);

Half read_request_half(packet_info* pinfo, const Event& event) noexcept {
    const auto arena = packet_arena(pinfo);
    const auto head = read_http2_head(event.head, arena);
    Offer offer;
    RequestNotes notes;
    Half half{event.head, read_request(head, http2_scheme(event.head) == "https", arena, offer), {}};
    half.context.diagnoses = diagnose_request(head, pinfo->abs_ts.secs, read_claims, arena, notes);
    auto* exchange = event.session->find_request(pinfo->num, 0);
    if (!PINFO_FD_VISITED(pinfo)) {
        exchange = &event.session->add_request(pinfo, 0, {});
        exchange->offer = std::move(offer);
        exchange->notes = std::move(notes);
    }
    half.context.direction = Direction::client_to_server;
    half.context.stream = exchange ? exchange->stream : 0;
    half.context.other_packet = exchange ? exchange->response_packet : 0;
    return half;
}

/// A loss before the first frame is one, too: the streams' sequence numbers begin with 0.
void begin_frames(Upgraded& upgraded, const Arena& arena) {
    for (const auto direction : {Direction::client_to_server, Direction::server_to_client}) {
        Piece nothing{};
        nothing.direction = direction;
        nothing.sequence = 0;
        upgraded.connection.feed(nothing, false, arena);
    }
}

Half read_response_half(packet_info* pinfo, const Event& event) noexcept {
    const auto arena = packet_arena(pinfo);
    const auto head = read_http2_head(event.head, arena);
    auto& session = *event.session;
    const auto* exchange = PINFO_FD_VISITED(pinfo) ? session.find_response(pinfo->num, 0) : &session.add_response(pinfo, 0);
    if (!exchange)
        return {};
    Half half{event.head, read_response(head, exchange->request_captured ? &exchange->offer : nullptr, arena), {}};
    half.context.diagnoses =
        diagnose_response(head, half.handshake, exchange->request_captured ? &exchange->notes : nullptr, arena);
    half.context.direction = Direction::server_to_client;
    half.context.stream = exchange->stream;
    half.context.other_packet = exchange->request_captured ? exchange->request_packet : 0;
    half.context.has_time = exchange->request_captured;
    nstime_delta(&half.context.time, &pinfo->abs_ts, &exchange->request_time);
    if (!PINFO_FD_VISITED(pinfo) && half.handshake.accepted)
        begin_frames(session.upgrade(pinfo, exchange->stream,
                                     negotiate(half.handshake.extensions, half.handshake.extensions_read),
                                     half.handshake.protocols.empty() ? std::string_view{} : half.handshake.protocols[0]),
                     arena);
    return half;
}

void show_half(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, const Half& half) {
    if (half.head.empty())
        return;
    const auto size = static_cast<gint>(half.head.size());
    auto* text = tvb_new_child_real_data(tvb, reinterpret_cast<const guint8*>(half.head.data()), static_cast<guint>(size), size);
    add_new_data_source(pinfo, text, "Head of the WebSocket handshake");
    add_handshake(tree, pinfo, text, 0, half.head, half.handshake, half.context);
}

/// The client speaks, and was not seen to be allowed to.
void note_missing_response(packet_info* pinfo, Session& session) noexcept {
    if (!PINFO_FD_VISITED(pinfo) && !session.upgraded_at(pinfo->num))
        session.upgrade_unanswered(pinfo);
}

void note_end(packet_info* pinfo, Http2Connection& connection, const Event& event) noexcept {
    auto& session = *event.session;
    if (!PINFO_FD_VISITED(pinfo) &&
        observe_stream_end(session, pinfo, session.direction(pinfo), event.kind == Kind::reset, connection.whole))
        connection.note_end(pinfo->num, session);
}

void dissect_event(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Http2Connection& connection, const Event& event) {
    switch (event.kind) {
    case Kind::request: show_half(tvb, pinfo, tree, read_request_half(pinfo, event)); break;
    case Kind::response: show_half(tvb, pinfo, tree, read_response_half(pinfo, event)); break;
    case Kind::data:
        note_missing_response(pinfo, *event.session);
        dissect_stream_data(tvb_new_subset_length(tvb, static_cast<gint>(event.offset), static_cast<gint>(event.length)), pinfo,
                            tree, *event.session, event.sequence);
        col_set_fence(pinfo->cinfo, COL_INFO);
        break;
    case Kind::end:
    case Kind::reset: note_end(pinfo, connection, event); break;
    }
}

/// After Wireshark's dissector: the bytes that it did not put off until more arrive.
void follow(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, const tcpinfo* tcp) {
    const auto captured = tvb_captured_length(tvb);
    const auto size = pinfo->desegment_len ? std::min(captured, static_cast<guint>(pinfo->desegment_offset)) : captured;
    if (!size || (PINFO_FD_VISITED(pinfo) && !any_session()))
        return;
    const Bytes bytes(tvb_get_ptr(tvb, 0, static_cast<gint>(size)), size);
    const auto cut = pinfo->desegment_len ? 0 : tvb_reported_length(tvb) - captured;
    const auto ordinal = next_ordinal(pinfo);
    auto& connection = connection_of(pinfo);
    Http2Connection::Events events;
    if (PINFO_FD_VISITED(pinfo)) {
        events = connection.again(pinfo, ordinal);
    } else {
        const auto side = connection.side(pinfo);
        const auto repeated = tcp ? note_sequence(connection, side, tcp->seq, size, cut) : 0;
        events = connection.read(pinfo, bytes, repeated, ordinal);
        if (cut)
            connection.lose(side);
    }
    for (const auto& event : events)
        dissect_event(tvb, pinfo, tree, connection, event);
}

/// How many bytes at the start are the preface's.
int preface_bytes(tvbuff_t* tvb) {
    const auto size = std::min(static_cast<int>(tvb_captured_length(tvb)), preface_size);
    return size && tvb_memeql(tvb, 0, reinterpret_cast<const guint8*>(preface), static_cast<std::size_t>(size)) == 0 ? size : 0;
}

int dissect(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data, const tcpinfo* tcp) {
    volatile int taken = 0;
    const bool ours = file->active && !pinfo->flags.in_error_pkt;
    if (const int begun = preface_bytes(tvb);
        ours && begun && begun == static_cast<int>(tvb_reported_length(tvb)) && begun < preface_size && pinfo->can_desegment) {
        // Wireshark's would take a part of it for the header of a frame of 5 MB.
        pinfo->desegment_offset = 0;
        pinfo->desegment_len = static_cast<guint32>(preface_size - begun);
        return begun;
    }
    // This dissector is not to count as a protocol between the two.
    if (pinfo->can_desegment > 0)
        pinfo->can_desegment++;
    following = ours;
    TRY {
        taken = dissector_try_uint_with_data(builtin_table, 0, tvb, pinfo, tree, FALSE, data);
    }
    FINALLY {
        following = false;
        if (ours && taken)
            follow(tvb, pinfo, tree, tcp);
    }
    ENDTRY;
    return taken;
}

int dissect_over_tcp(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
    return dissect(tvb, pinfo, tree, data, static_cast<const tcpinfo*>(data));
}

int dissect_over_other(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
    return dissect(tvb, pinfo, tree, data, nullptr);
}

/// The whole of it, or "PRI " at least and nothing else.
bool begins_with_preface(tvbuff_t* tvb, bool whole) {
    const int begun = preface_bytes(tvb);
    return begun == preface_size || (!whole && begun >= 4 && begun == static_cast<int>(tvb_reported_length(tvb)));
}

int call(dissector_handle_t handle, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
    if (pinfo->can_desegment > 0) // what recognises is no protocol between the two, either
        pinfo->can_desegment++;
    return call_dissector_with_data(handle, tvb, pinfo, tree, data);
}

HeuristicResult recognise_in_tcp(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
    if (!file->active || !begins_with_preface(tvb, false))
        return FALSE;
    conversation_set_dissector_from_frame_number(find_or_create_conversation(pinfo), pinfo->num, over_tcp);
    return call(over_tcp, tvb, pinfo, tree, data) != 0;
}

/// On HTTP's own ports. From the next packet on TCP calls us.
HeuristicResult recognise_in_http(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
    if (!file->active || !begins_with_preface(tvb, true))
        return FALSE;
    conversation_set_dissector_from_frame_number(find_or_create_conversation(pinfo), pinfo->num, over_tcp);
    return call(over_other, tvb, pinfo, tree, data) != 0;
}

HeuristicResult recognise_in_tls(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
    if (!file->active || !begins_with_preface(tvb, false))
        return FALSE;
    tls_app_handle(data) = over_other;
    return call(over_other, tvb, pinfo, tree, nullptr) != 0;
}

/// What a user decodes as HTTP/2 comes by here as well.
void take_ports(const char* table, dissector_handle_t ours) {
    struct Ports {
        std::vector<guint32> numbers;
    } ports;
    dissector_table_foreach(
        table,
        [](const gchar*, ftenum_t, gpointer port, gpointer entry, gpointer to) {
            if (dtbl_entry_get_handle(static_cast<dtbl_entry_t*>(entry)) == builtin)
                static_cast<Ports*>(to)->numbers.push_back(GPOINTER_TO_UINT(port));
        },
        &ports);
    for (const auto port : ports.numbers)
        dissector_change_uint(table, port, ours);
}

void open_file() {
    file = new File;
    file->active = protocol.take_over && proto_is_protocol_enabled(find_protocol_by_id(protocol.id));
    take_ports("tcp.port", over_tcp);
    take_ports("tls.port", over_other);
}

void close_file() {
    delete file;
    file = nullptr;
}

} // namespace

Http2Connection* find_http2(packet_info* pinfo) {
    if (file->connections.empty() || !any_session()) // most HTTP/2 carries no WebSocket
        return nullptr;
    auto* conversation = find_conversation_pinfo(pinfo, 0);
    return conversation ? static_cast<Http2Connection*>(conversation_get_proto_data(conversation, key)) : nullptr;
}

void dissect_http2_handshake(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session, std::string_view request,
                             std::string_view response) {
    show_half(tvb, pinfo, tree, read_request_half(pinfo, {Kind::request, &session, 0, 0, 0, request}));
    if (!response.empty())
        show_half(tvb, pinfo, tree, read_response_half(pinfo, {Kind::response, &session, 0, 0, 0, response}));
}

bool http2_is_followed() {
    return following;
}

void register_http2_dissector() {
    builtin_table = register_dissector_table("ws.http2", "HTTP/2 that may carry WebSocket", protocol.id, FT_UINT8, BASE_DEC);
}

void hand_off_http2_dissector() {
    builtin = find_dissector("http2");
    http2_id = proto_get_id_by_filter_name("http2");
    key = proto_registrar_get_id_byname("ws.handshake.type");
    dissector_add_uint("ws.http2", 0, builtin);
    over_tcp = create_dissector_handle(dissect_over_tcp, http2_id);
    over_other = create_dissector_handle(dissect_over_other, http2_id);
    dissector_add_string("tls.alpn", "h2", over_other);
    dissector_add_string("http.upgrade", "h2", over_other);
    dissector_add_string("http.upgrade", "h2c", over_other);
    heur_dissector_add("tcp", recognise_in_tcp, "HTTP/2 with WebSocket over TCP", "ws_http2_tcp", protocol.id, HEURISTIC_ENABLE);
    heur_dissector_add("http", recognise_in_http, "HTTP/2 with WebSocket on HTTP's ports", "ws_http2_http", protocol.id,
                       HEURISTIC_ENABLE);
    heur_dissector_add("tls", recognise_in_tls, "HTTP/2 with WebSocket over TLS", "ws_http2_tls", protocol.id, HEURISTIC_ENABLE);
    register_init_routine(open_file);
    register_cleanup_routine(close_file);
}

} // namespace ws
