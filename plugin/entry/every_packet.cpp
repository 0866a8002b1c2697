// SPDX-License-Identifier: GPL-2.0-or-later
// Every packet comes by here after all other dissectors: HTTP tells nobody of a handshake, and TCP of no FIN or RST.
#include "entry/entries.hpp"
#include "entry/stream.hpp"
#include "flow/endings.hpp"
#include "flow/frames.hpp"
#include "flow/handshake.hpp"
#include "flow/http2.hpp"
#include "flow/recognition.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/protocol.hpp"

#include "state/capture.hpp"
#include "state/open_requests.hpp"
#include "wireshark/tcp_ends.hpp"
#include "wireshark/tcp_segment.hpp"

#include <algorithm>

namespace ws {
namespace {

heur_dtbl_entry_t* heuristic;
dissector_table_t tcp_port_table;

bool has_seen_http(packet_info* pinfo) {
    const auto* conversation = find_tcp_conversation(pinfo);
    const auto* http =
        conversation ? static_cast<const http_conv_t*>(conversation_get_proto_data(conversation, ids.http)) : nullptr;
    return http && http->req_res_tail;
}

/// A dissector that shows nothing is a layer of the packet only while no tree is built: then its port tells as much.
bool has_dissector(std::uint32_t port) {
    auto* of = dissector_get_uint_handle(tcp_port_table, port);
    return of && dissector_handle_get_protocol_index(of) != ids.http;
}

/// Has a dissector above TCP found its protocol?
Unknown::Owner owner(packet_info* pinfo, std::uint8_t first_byte) {
    constexpr std::uint8_t first_record = 20, last_record = 24; // TLS content types
    auto* last = wmem_list_tail(pinfo->layers);
    if (last && GPOINTER_TO_INT(wmem_list_frame_data(last)) == protocol.id) // that is where we are
        last = wmem_list_frame_prev(last);
    if (last && GPOINTER_TO_INT(wmem_list_frame_data(last)) == ids.data)
        last = wmem_list_frame_prev(last);
    const int id = last ? GPOINTER_TO_INT(wmem_list_frame_data(last)) : -1;
    const auto ports = tcp_ports(pinfo);
    if (id == ids.tcp && (has_dissector(ports.source) || has_dissector(ports.destination)))
        return Unknown::Owner::other;
    if (id == ids.tcp || id == ids.http) // HTTP takes all, and shows it only after a head
        return has_seen_http(pinfo) ? Unknown::Owner::other : Unknown::Owner::nobody;
    // TLS takes whatever comes to its ports.
    const bool record = first_byte >= first_record && first_byte <= last_record;
    return id == ids.tls && !record ? Unknown::Owner::doubtful : Unknown::Owner::other;
}

/// TCP takes a segment for a retransmission or out of order, and keeps it, although it repeats bytes and goes on with new ones.
bool held_back(packet_info* pinfo, Session& session, Upgraded& upgraded, const Segment& segment) {
    if (PINFO_FD_VISITED(pinfo))
        return std::binary_search(upgraded.held_back.begin(), upgraded.held_back.end(), pinfo->num);
    if (!session.http.parts.empty() || // TCP may hold packets back for HTTP
        !upgraded.connection.goes_on_with(session.direction(pinfo), segment.sequence, segment.length))
        return false;
    auto* conversation = find_tcp_conversation(pinfo);
    if (!conversation || conversation_get_dissector(conversation, pinfo->num) != handles.frames)
        return false;
    upgraded.held_back.push_back(pinfo->num);
    return true;
}

bool dissect_unclaimed(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session* session) {
    auto* upgraded = session ? session->upgraded_at(pinfo->num) : nullptr;
    const bool unknown = !session && !PINFO_FD_VISITED(pinfo) && capture->asked_by_tcp != pinfo->num && heuristic->enabled;
    const bool missed = upgraded && !was_decoded(pinfo, *upgraded);
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
        conversation_set_dissector_from_frame_number(tcp_conversation(pinfo), pinfo->num, handles.frames);
    }
    col_clear_fence(pinfo->cinfo, COL_INFO);
    auto* payload = tvb_new_subset_length_caplen(tvb, static_cast<int>(segment.payload), static_cast<int>(captured),
                                                 static_cast<int>(segment.length));
    return dissect_stream(payload, pinfo, tree, nullptr, segment.sequence) != 0;
}

int dissect_after_all(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void*) {
    if (!protocol.take_over)
        return 0;
    // HTTP keeps this for each packet in which it has dissected a head, and did not put it off until its body is complete.
    const auto* http = static_cast<const http_req_res_t*>(p_get_proto_data(wmem_file_scope(), pinfo, ids.http, 0));
    bool shown = false;
    if (http) {
        List<Place> frames;
        shown = dissect_heads_of_packet(pinfo, tree, frames);
        for (const auto& at : frames)
            dissect_stream(tvb_new_subset_remaining(at.tvb, at.offset), pinfo, tree, nullptr, {});
        if (!PINFO_FD_VISITED(pinfo))
            count_http_message(pinfo, *http);
    }
    if (pinfo->ptype != PT_TCP || pinfo->flags.in_error_pkt)
        return shown;
    auto* session = find_session(pinfo);
    if (dissect_unclaimed(tvb, pinfo, tree, session)) {
        shown = true;
        session = find_session(pinfo);
    }
    if (session)
        return watch_connection(tvb, pinfo, tree, *session) || shown;
    if (auto* http2 = find_http2(pinfo))
        return watch_streams(tvb, pinfo, tree, *http2) || shown;
    if (!PINFO_FD_VISITED(pinfo))
        note_syn(tvb, pinfo);
    return shown;
}

} // namespace

void register_packet_entry() {
    register_postdissector(create_dissector_handle(dissect_after_all, protocol.id));
}

void open_packet_entry() {
    tcp_port_table = find_dissector_table("tcp.port");
    heuristic = find_heur_dissector_by_unique_short_name("ws_tcp");
}

} // namespace ws
