// SPDX-License-Identifier: GPL-2.0-or-later
// What TCP and TLS call: for conversations that were given to the plugin, for ports, and to recognise frames without a handshake.
#include "entry/callbacks.hpp"
#include "entry/entries.hpp"
#include "entry/stream.hpp"
#include "flow/recognition.hpp"
#include "state/capture.hpp"
#include "wireshark/conversations.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/tcp_segment.hpp"

#include <algorithm>

namespace ws {
namespace {

int dissect_frames_follow(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) noexcept;

/// A connection whose handshake was not captured, or not handed over.
Connection* recognise_payload(tvbuff_t* tvb, packet_info* pinfo, const void* tcp) {
    const auto size = tvb_captured_length(tvb);
    const auto* bytes = tvb_get_ptr(tvb, 0, static_cast<int>(size));
    constexpr auto claim = UnclaimedPayload::Claim::none;
    const auto where = where_to_search(pinfo, {bytes, size}, claim);
    if (where == Search::nowhere)
        return nullptr;
    return recognise(pinfo, {bytes, size, tvb_reported_length(tvb) - size, find_sequence(tvb, pinfo, tcp), claim}, where);
}

HeuristicResult recognise_in_tcp(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) noexcept {
    capture->asked_by_tcp = pinfo->num;
    if (!protocol.take_over || PINFO_FD_VISITED(pinfo) || find_session(pinfo) || find_http2(pinfo))
        return FALSE;
    if (begins_request(tvb, pinfo, data) || !recognise_payload(tvb, pinfo, data))
        return FALSE;
    give_conversation(pinfo, handles.frames, pinfo->num);
    return dissect_frames_follow(tvb, pinfo, tree, data) != 0;
}

/// TLS asks again for each record.
HeuristicResult recognise_in_tls(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void*) noexcept {
    auto* session = find_session(pinfo);
    if (!session && (!protocol.take_over || PINFO_FD_VISITED(pinfo) || !recognise_payload(tvb, pinfo, nullptr)))
        return FALSE;
    return dissect_stream(tvb, pinfo, tree, nullptr, {}) != 0;
}

/// A request or a response, or the beginning of one.
bool begins_head(tvbuff_t* tvb) {
    const auto size = std::min(tvb_captured_length(tvb), 5U);
    return size > 0 && (tvb_memeql(tvb, 0, reinterpret_cast<const guint8*>("GET /"), size) == 0 ||
                        tvb_memeql(tvb, 0, reinterpret_cast<const guint8*>("HTTP/"), size) == 0);
}

/// The user says that this is WebSocket (Decode As, or the preference).
void begin_decode_as(tvbuff_t* tvb, packet_info* pinfo) {
    if (begins_head(tvb))
        return give_conversation(pinfo, handles.awaiting_response, pinfo->num);
    const bool masked = tvb_captured_length(tvb) > 1 && (tvb_get_uint8(tvb, 1) & 0x80);
    session_of(pinfo, masked ? Direction::client_to_server : Direction::server_to_client)
        .upgrade_unanswered(pinfo)
        .decoder.assume_frame_aligned();
    give_conversation(pinfo, handles.frames, pinfo->num);
}

int dissect_frames_follow(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) noexcept {
    const auto sequence = find_sequence(tvb, pinfo, data);
    const int taken = dissect_stream(tvb, pinfo, tree, data, sequence);
    if (taken || PINFO_FD_VISITED(pinfo) || find_session(pinfo))
        return taken;
    begin_decode_as(tvb, pinfo);
    return find_session(pinfo) ? dissect_stream(tvb, pinfo, tree, data, sequence)
                               : dissect_awaiting_response(tvb, pinfo, tree, data);
}

} // namespace

void register_tcp_entry() {
    handles.frames = named_dissector("ws", dissect_frames_follow);
    handles.awaiting_response = unnamed_dissector(dissect_awaiting_response, -1);
}

void hand_off_tcp_entry() {
    add_heuristic("tcp", recognise_in_tcp, "WebSocket over TCP, without its handshake", "ws_tcp", protocol.id);
    add_heuristic("tls", recognise_in_tls, "WebSocket over TLS, without its handshake", "ws_tls", protocol.id);
    dissector_add_for_decode_as("tcp.port", handles.frames);
    assign_ports();
}

void assign_ports() {
    static range_t* assigned = nullptr;
    if (assigned)
        dissector_delete_uint_range("tcp.port", assigned, handles.frames);
    wmem_free(wmem_epan_scope(), assigned);
    assigned = range_copy(wmem_epan_scope(), protocol.ports);
    dissector_add_uint_range("tcp.port", assigned, handles.frames);
}

} // namespace ws
