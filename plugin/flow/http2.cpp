// SPDX-License-Identifier: GPL-2.0-or-later
// WebSocket over HTTP/2. Wireshark's HTTP/2 dissector hands the DATA of such streams to nobody (4.0, 4.4), or mixes the streams
// up (4.6). So whoever would call it calls this one, which lets it dissect, and then reads the same bytes once more.
#include "flow/http2.hpp"

#include "flow/endings.hpp"
#include "flow/frames.hpp"
#include "flow/handshake_half.hpp"
#include "flow/notes.hpp"
#include "state/capture.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/packet_keys.hpp"

#include <algorithm>

namespace ws {
namespace {

using Kind = Http2Event::Kind;
using Event = Http2Connection::Event;

Http2Connection& connection_of(packet_info* pinfo) {
    auto& connection = conversation_of(pinfo).http2;
    if (!connection) {
        connection = std::make_unique<Http2Connection>(pinfo, capture->sessions);
        ++capture->http2_connections;
    }
    return *connection;
}

/// Bytes at the start of a chunk that were sent before. Finds gaps, too.
std::uint32_t note_sequence(Http2Connection& connection, std::size_t side, std::uint32_t sequence, std::uint32_t length,
                            std::uint32_t cut) {
    const auto advance = connection.tcp_sequence[side].advance(sequence, length + cut);
    if (advance.lost)
        connection.lose(side);
    return std::min(advance.repeated, length);
}

/// A loss before the first frame is one, too: the streams' sequence numbers begin with 0.
void begin_frames(Connection& connection, const Arena& arena) {
    for (const auto direction : {Direction::client_to_server, Direction::server_to_client}) {
        StreamData nothing{};
        nothing.direction = direction;
        nothing.sequence = 0;
        connection.decoder.feed(nothing, false, arena);
    }
}

HandshakeHalf read_half(packet_info* pinfo, const Event& event) {
    const auto arena = packet_arena(pinfo);
    const auto head = read_http2_head(event.head, arena);
    if (event.kind == Kind::request)
        return read_request_half(head, pinfo, *event.session, 0, 0, http2_scheme(event.head) == "https");
    const auto half = read_response_half(head, {}, pinfo, *event.session, 0);
    if (half.begins)
        begin_frames(*half.begins, arena);
    return half;
}

void show_event(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, const Event& event) {
    static_assert(std::is_trivially_destructible_v<HandshakeHalf>);
    const auto half = read_half(pinfo, event);
    if (!half.is_websocket)
        return;
    const auto size = static_cast<gint>(event.head.size());
    auto* text = tvb_new_child_real_data(tvb, reinterpret_cast<const guint8*>(event.head.data()), static_cast<guint>(size), size);
    add_new_data_source(pinfo, text, "Head of the WebSocket handshake");
    show_half(tree, pinfo, text, 0, event.head, half, true);
}

/// The client speaks, and was not seen to be allowed to.
void note_missing_response(packet_info* pinfo, Session& session) {
    if (!PINFO_FD_VISITED(pinfo) && !session.connection_at(pinfo->num))
        session.upgrade_unanswered(pinfo);
}

void note_end(packet_info* pinfo, Http2Connection& connection, const Event& event) {
    auto& session = *event.session;
    if (!PINFO_FD_VISITED(pinfo) &&
        observe_stream_end(session, pinfo, session.direction(pinfo), event.kind == Kind::reset, true, connection.whole))
        connection.note_end(pinfo->num, session);
}

/// Wireshark calls it the first time, and so names it among the packet's protocols: it allows few such calls.
void dissect_data(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Event event) {
    if (wmem_list_find(pinfo->layers, GINT_TO_POINTER(protocol.id)))
        dissect_http2_data(tvb, pinfo, tree, &event);
    else
        call_dissector_only(handles.http2_data, tvb, pinfo, tree, &event);
}

void dissect_event(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Http2Connection& connection, const Event& event) {
    switch (event.kind) {
    case Kind::request:
    case Kind::response: show_event(tvb, pinfo, tree, event); break;
    case Kind::data:
        note_missing_response(pinfo, *event.session);
        dissect_data(tvb_new_subset_length(tvb, static_cast<gint>(event.offset), static_cast<gint>(event.length)), pinfo, tree,
                     event);
        col_set_fence(pinfo->cinfo, COL_INFO);
        break;
    case Kind::end:
    case Kind::reset: note_end(pinfo, connection, event); break;
    }
}

/// What comes next of the connection, or came in this call for the packet.
Http2Connection::Events read_events(Http2Connection& connection, tvbuff_t* tvb, packet_info* pinfo, guint size, guint cut,
                                    std::optional<std::uint32_t> sequence) {
    const auto ordinal = kept_with<std::uint32_t>(pinfo, packet_key::http2_calls)++;
    if (PINFO_FD_VISITED(pinfo))
        return connection.again(pinfo, ordinal);
    const Bytes bytes(tvb_get_ptr(tvb, 0, static_cast<gint>(size)), size);
    const auto side = connection.side(pinfo);
    const auto repeated = sequence ? note_sequence(connection, side, *sequence, size, cut) : 0;
    const auto events = connection.read(pinfo, bytes, repeated, ordinal, capture->revisits.may(pinfo));
    if (cut)
        connection.lose(side);
    return events;
}

void show_events(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Http2Connection& connection,
                 const Http2Connection::Events& events) {
    if (!events.empty())
        col_set_fence(pinfo->cinfo, COL_INFO); // what HTTP/2 itself says stays
    for (const auto& event : events)
        dissect_event(tvb, pinfo, tree, connection, event);
}

/// The TCP connection of streams that are not over.
void observe_end_of_all(Http2Connection& connection, packet_info* pinfo, const Segment& segment, std::size_t side) {
    const bool reset = (segment.flags & RST) != 0;
    const bool certain = connection.whole && all_was_seen(connection.transport, segment, static_cast<Direction>(side), false);
    connection.for_each_open([&](Session& session) {
        if (observe_stream_end(session, pinfo, session.direction(pinfo), reset, false, certain))
            connection.note_end(pinfo->num, session);
    });
    auto& fin = connection.transport.sides[side].fin;
    fin = fin || (segment.flags & FIN);
}

} // namespace

void follow_http2(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, std::optional<std::uint32_t> sequence) {
    const auto captured = tvb_captured_length(tvb);
    const auto size = pinfo->desegment_len ? std::min(captured, static_cast<guint>(pinfo->desegment_offset)) : captured;
    if (!size || (PINFO_FD_VISITED(pinfo) && capture->sessions.empty()))
        return;
    auto& connection = connection_of(pinfo);
    const auto cut = pinfo->desegment_len ? 0 : tvb_reported_length(tvb) - captured;
    show_events(tvb, pinfo, tree, connection, read_events(connection, tvb, pinfo, size, cut, sequence));
}

Http2Connection& expect_http2(packet_info* pinfo) {
    auto& connection = connection_of(pinfo);
    connection.look_for_beginnings();
    return connection;
}

FoundHttp2 look_into_http2(tvbuff_t* tvb, packet_info* pinfo, Http2Connection& connection, std::uint32_t sequence) {
    const auto size = tvb_captured_length(tvb);
    const auto events = read_events(connection, tvb, pinfo, size, tvb_reported_length(tvb) - size, sequence);
    const auto& beginning = connection.beginning(pinfo);
    if (beginning.packet != pinfo->num)
        return {events};
    const auto before = static_cast<guint>(beginning.before.size());
    if (!before)
        return {events, tvb};
    auto* bytes = static_cast<guint8*>(wmem_alloc(pinfo->pool, before + size));
    std::copy(beginning.before.begin(), beginning.before.end(), bytes);
    tvb_memcpy(tvb, bytes + before, 0, size);
    auto* whole = tvb_new_child_real_data(tvb, bytes, before + size, static_cast<gint>(before + tvb_reported_length(tvb)));
    add_new_data_source(pinfo, whole, "HTTP/2 frame in several segments");
    return {events, whole, before};
}

void show_http2(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, const Http2Connection::Events& events) {
    show_events(tvb, pinfo, tree, connection_of(pinfo), events);
}

int dissect_http2_data(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) noexcept {
    const auto& event = *static_cast<const Event*>(data);
    dissect_stream_data(tvb, pinfo, tree, *event.session, event.sequence);
    return static_cast<int>(tvb_captured_length(tvb));
}

bool watch_streams(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Http2Connection& connection) {
    Segment segment;
    if (!PINFO_FD_VISITED(pinfo) && find_segment(tvb, pinfo, segment)) {
        const auto side = connection.side(pinfo);
        connection.transport.sides[side].sequence.advance(segment.sequence, segment.length);
        if (segment.flags & (FIN | RST))
            observe_end_of_all(connection, pinfo, segment, side);
    }
    bool shown = false;
    connection.for_each_ended(pinfo->num, [&](Session& session) { shown = show_notes(tvb, pinfo, tree, session) || shown; });
    return shown;
}

void dissect_http2_handshake(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session, std::string_view request,
                             std::string_view response) {
    show_event(tvb, pinfo, tree, {Kind::request, &session, 0, 0, 0, request});
    if (!response.empty())
        show_event(tvb, pinfo, tree, {Kind::response, &session, 0, 0, 0, response});
}

} // namespace ws
