// SPDX-License-Identifier: GPL-2.0-or-later
// What would call Wireshark's HTTP/2 dissector calls the plugin, which lets it dissect, and then reads the same bytes once more:
// that dissector hands the DATA of WebSocket streams to nobody (4.0, 4.4), or mixes the streams up (4.6).
#include "flow/http2.hpp"
#include "entry/callbacks.hpp"
#include "entry/entries.hpp"
#include "state/capture.hpp"
#include "wireshark/call.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/tcp_ends.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace ws {
namespace {

constexpr char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr int preface_size = sizeof preface - 1;

dissector_table_t builtin_table;
heur_dtbl_entry_t* builtin_heuristic; ///< On ports of nobody; null before 4.4.
heur_dissector_t call_builtin_heuristic;
bool following = false;

/// How many bytes at the start are the preface's.
int preface_bytes(tvbuff_t* tvb) {
    const auto size = std::min(static_cast<int>(tvb_captured_length(tvb)), preface_size);
    return size && tvb_memeql(tvb, 0, reinterpret_cast<const guint8*>(preface), static_cast<std::size_t>(size)) == 0 ? size : 0;
}

int call_builtin(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
    return dissector_try_uint_with_data(builtin_table, 0, tvb, pinfo, tree, FALSE, data);
}

int call_http(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
    return call_dissector_only(handles.http_over_tcp, tvb, pinfo, tree, data);
}

/// Calls Wireshark's dissector of HTTP/2, which one of those above leads to, and then `follow()`, whatever becomes of it.
template <class Call, class Follow>
int dissect_and(Call to_call, Follow follow, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
    const bool ours = capture->decodes_http2 && !pinfo->flags.in_error_pkt;
    volatile int taken = 0;
    keep_desegmentation(pinfo);
    following = ours;
    TRY {
        taken = to_call(tvb, pinfo, tree, data);
    }
    FINALLY {
        following = false;
        if (ours && taken)
            follow();
    }
    ENDTRY;
    return taken;
}

int dissect(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data, std::optional<std::uint32_t> sequence) {
    if (const int begun = preface_bytes(tvb); capture->decodes_http2 && begun && begun < preface_size && pinfo->can_desegment &&
                                              begun == static_cast<int>(tvb_reported_length(tvb))) {
        // Wireshark's would take a part of it for the header of a frame of 5 MB.
        pinfo->desegment_offset = 0;
        pinfo->desegment_len = static_cast<guint32>(preface_size - begun);
        return begun;
    }
    return dissect_and(
        call_builtin, [=] { follow_http2(tvb, pinfo, tree, sequence); }, tvb, pinfo, tree, data);
}

std::optional<std::uint32_t> sequence_of(const void* tcp) {
    return tcp ? std::optional(static_cast<const tcpinfo*>(tcp)->seq) : std::nullopt;
}

int dissect_over_tcp(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) noexcept {
    return dissect(tvb, pinfo, tree, data, sequence_of(data));
}

int dissect_over_other(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) noexcept {
    return dissect(tvb, pinfo, tree, data, {});
}

/// The whole of it, or "PRI " at least and nothing else.
bool begins_with_preface(tvbuff_t* tvb, bool whole) {
    const int begun = preface_bytes(tvb);
    return begun == preface_size || (!whole && begun >= 4 && begun == static_cast<int>(tvb_reported_length(tvb)));
}

/// What was found below is HTTP/2 to Wireshark's heuristic as well, on the next visit from the connection's first packet on.
bool is_found_later(packet_info* pinfo) {
    auto* conversation = find_tcp_conversation(pinfo);
    return conversation && conversation_get_dissector(conversation, G_MAXUINT32) == handles.http2_found;
}

HeuristicResult recognised_by_builtin(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) noexcept {
    if (is_found_later(pinfo))
        return FALSE;
    return dissect_and(
               call_builtin_heuristic, [=] { follow_http2(tvb, pinfo, tree, sequence_of(data)); }, tvb, pinfo, tree, data) != 0;
}

/// Wireshark's own heuristic takes it, here or earlier in the connection.
bool builtin_recognises_this(tvbuff_t* tvb, packet_info* pinfo) {
    if (!builtin_heuristic || !builtin_heuristic->enabled)
        return false;
    const auto* conversation = find_tcp_conversation(pinfo);
    return begins_with_preface(tvb, true) || (conversation && conversation_get_proto_data(conversation, ids.http2));
}

/// Not before WebSocket was seen is a packet shown as HTTP/2, and not before a frame ends in it.
int dissect_found_in(Http2Connection& connection, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
    const bool known = connection.carries_websocket();
    const auto found = look_into_http2(tvb, pinfo, connection, static_cast<const tcpinfo*>(data)->seq);
    if (!known && connection.carries_websocket())
        conversation_set_dissector_from_frame_number(find_or_create_conversation(pinfo), pinfo->num, handles.http2_found);
    const auto show = [&] { show_http2(tvb, pinfo, tree, found.events); };
    if (!found.tvb)
        return show(), 0;
    dissect_and(call_builtin, show, found.tvb, pinfo, tree, data);
    if (pinfo->desegment_len)
        pinfo->desegment_offset -= static_cast<int>(found.before);
    return static_cast<int>(tvb_captured_length(tvb));
}

/// From the packet on that showed WebSocket.
int dissect_found(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) noexcept {
    auto* connection = find_http2(pinfo);
    if (!connection || !data || !capture->decodes_http2)
        return 0;
    if (const auto first = connection->beginning(pinfo).packet; first && first < pinfo->num)
        return dissect(tvb, pinfo, tree, data, sequence_of(data));
    const int taken = dissect_found_in(*connection, tvb, pinfo, tree, data);
    return taken ? taken : call_dissector_only(handles.data, tvb, pinfo, tree, nullptr);
}

/// On ports of nobody, where Wireshark does not take it for HTTP/2.
HeuristicResult recognise_in_tcp(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) noexcept {
    if (!capture->decodes_http2 || PINFO_FD_VISITED(pinfo) || !data || builtin_recognises_this(tvb, pinfo))
        return FALSE;
    auto* connection = begins_with_preface(tvb, false) ? &expect_http2(pinfo) : find_http2(pinfo);
    return connection && !connection->carries_websocket() && dissect_found_in(*connection, tvb, pinfo, tree, data) != 0;
}

/// On HTTP's own ports, where from the next packet on HTTP's dissector would call that of HTTP/2 by itself.
HeuristicResult recognise_in_http(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) noexcept {
    if (!capture->decodes_http2 || !begins_with_preface(tvb, true))
        return FALSE;
    conversation_set_dissector_from_frame_number(find_or_create_conversation(pinfo), pinfo->num + 1, handles.http2_over_http);
    return dissect(tvb, pinfo, tree, data, {}) != 0;
}

int dissect_over_http(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) noexcept {
    return dissect_and(
        call_http, [=] { follow_http2(tvb, pinfo, tree, sequence_of(data)); }, tvb, pinfo, tree, data);
}

HeuristicResult recognise_in_tls(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) noexcept {
    if (!capture->decodes_http2 || !begins_with_preface(tvb, true))
        return FALSE;
    tls_app_handle(data) = handles.http2_over_other;
    return dissect(tvb, pinfo, tree, nullptr, {}) != 0;
}

/// What a user decodes as HTTP/2 comes by here as well.
void take_ports(const char* table, dissector_handle_t ours) {
    struct Ports {
        std::vector<guint32> numbers;
    } ports;
    dissector_table_foreach(
        table,
        [](const gchar*, ftenum_t, gpointer port, gpointer entry, gpointer to) {
            if (dtbl_entry_get_handle(static_cast<dtbl_entry_t*>(entry)) == handles.http2)
                static_cast<Ports*>(to)->numbers.push_back(GPOINTER_TO_UINT(port));
        },
        &ports);
    for (const auto port : ports.numbers)
        dissector_change_uint(table, port, ours);
}

/// Once, when Wireshark has registered it; what stood there is called.
void take_heuristic() {
    auto* found = find_heur_dissector_by_unique_short_name("http2_tcp");
    if (builtin_heuristic || !found || found->list_name != std::string_view("tcp"))
        return; // before 4.4 the one of that name is for HTTP's ports
    builtin_heuristic = found;
    call_builtin_heuristic = std::exchange(found->dissector, recognised_by_builtin);
}

} // namespace

bool http2_is_followed() {
    return following;
}

void register_http2_entry() {
    builtin_table = register_dissector_table("ws.http2", "HTTP/2 that may carry WebSocket", protocol.id, FT_UINT8, BASE_DEC);
}

void hand_off_http2_entry() {
    dissector_add_uint("ws.http2", 0, handles.http2);
    handles.http2_over_tcp = unnamed_dissector(dissect_over_tcp, ids.http2);
    handles.http2_over_other = unnamed_dissector(dissect_over_other, ids.http2);
    handles.http2_over_http = unnamed_dissector(dissect_over_http, -1);
    handles.http2_data = unnamed_dissector(dissect_http2_data, protocol.id);
    handles.http2_found = unnamed_dissector(dissect_found, ids.http2);
    dissector_add_string("tls.alpn", "h2", handles.http2_over_other);
    dissector_add_string("http.upgrade", "h2", handles.http2_over_other);
    dissector_add_string("http.upgrade", "h2c", handles.http2_over_other);
    add_heuristic("tcp", recognise_in_tcp, "HTTP/2 with WebSocket over TCP", "ws_http2_tcp", ids.http2);
    add_heuristic("http", recognise_in_http, "HTTP/2 with WebSocket on HTTP's ports", "ws_http2_http", ids.http2);
    add_heuristic("tls", recognise_in_tls, "HTTP/2 with WebSocket over TLS", "ws_http2_tls", ids.http2);
}

void open_http2_entry(bool ours) {
    capture->decodes_http2 = ours;
    take_ports("tcp.port", handles.http2_over_tcp);
    take_ports("tls.port", handles.http2_over_other);
    take_heuristic();
}

} // namespace ws
