// SPDX-License-Identifier: GPL-2.0-or-later
// What would call Wireshark's HTTP/2 dissector calls the plugin, which lets it dissect, and then reads the same bytes once more:
// that dissector hands the DATA of WebSocket streams to nobody (4.0, 4.4), or mixes the streams up (4.6).
#include "flow/http2.hpp"
#include "entry/callbacks.hpp"
#include "entry/entries.hpp"
#include "state/capture.hpp"
#include "wireshark/call.hpp"
#include "wireshark/handles.hpp"

#include <algorithm>
#include <vector>

namespace ws {
namespace {

constexpr char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr int preface_size = sizeof preface - 1;

dissector_table_t builtin_table;
bool following = false;

/// How many bytes at the start are the preface's.
int preface_bytes(tvbuff_t* tvb) {
    const auto size = std::min(static_cast<int>(tvb_captured_length(tvb)), preface_size);
    return size && tvb_memeql(tvb, 0, reinterpret_cast<const guint8*>(preface), static_cast<std::size_t>(size)) == 0 ? size : 0;
}

int dissect(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data, const tcpinfo* tcp) {
    volatile int taken = 0;
    const bool ours = capture->decodes_http2 && !pinfo->flags.in_error_pkt;
    if (const int begun = preface_bytes(tvb);
        ours && begun && begun == static_cast<int>(tvb_reported_length(tvb)) && begun < preface_size && pinfo->can_desegment) {
        // Wireshark's would take a part of it for the header of a frame of 5 MB.
        pinfo->desegment_offset = 0;
        pinfo->desegment_len = static_cast<guint32>(preface_size - begun);
        return begun;
    }
    keep_desegmentation(pinfo);
    following = ours;
    TRY {
        taken = dissector_try_uint_with_data(builtin_table, 0, tvb, pinfo, tree, FALSE, data);
    }
    FINALLY {
        following = false;
        if (ours && taken)
            follow_http2(tvb, pinfo, tree, tcp);
    }
    ENDTRY;
    return taken;
}

int dissect_over_tcp(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) noexcept {
    return dissect(tvb, pinfo, tree, data, static_cast<const tcpinfo*>(data));
}

int dissect_over_other(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) noexcept {
    return dissect(tvb, pinfo, tree, data, nullptr);
}

/// The whole of it, or "PRI " at least and nothing else.
bool begins_with_preface(tvbuff_t* tvb, bool whole) {
    const int begun = preface_bytes(tvb);
    return begun == preface_size || (!whole && begun >= 4 && begun == static_cast<int>(tvb_reported_length(tvb)));
}

int call(dissector_handle_t handle, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
    keep_desegmentation(pinfo);
    return call_dissector_with_data(handle, tvb, pinfo, tree, data);
}

HeuristicResult recognise_in_tcp(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) noexcept {
    if (!capture->decodes_http2 || !begins_with_preface(tvb, false))
        return FALSE;
    conversation_set_dissector_from_frame_number(find_or_create_conversation(pinfo), pinfo->num, handles.http2_over_tcp);
    return call(handles.http2_over_tcp, tvb, pinfo, tree, data) != 0;
}

/// On HTTP's own ports. From the next packet on TCP calls us.
HeuristicResult recognise_in_http(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) noexcept {
    if (!capture->decodes_http2 || !begins_with_preface(tvb, true))
        return FALSE;
    conversation_set_dissector_from_frame_number(find_or_create_conversation(pinfo), pinfo->num, handles.http2_over_tcp);
    return call(handles.http2_over_other, tvb, pinfo, tree, data) != 0;
}

HeuristicResult recognise_in_tls(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) noexcept {
    if (!capture->decodes_http2 || !begins_with_preface(tvb, false))
        return FALSE;
    tls_app_handle(data) = handles.http2_over_other;
    return call(handles.http2_over_other, tvb, pinfo, tree, nullptr) != 0;
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
    dissector_add_string("tls.alpn", "h2", handles.http2_over_other);
    dissector_add_string("http.upgrade", "h2", handles.http2_over_other);
    dissector_add_string("http.upgrade", "h2c", handles.http2_over_other);
    add_heuristic("tcp", recognise_in_tcp, "HTTP/2 with WebSocket over TCP", "ws_http2_tcp");
    add_heuristic("http", recognise_in_http, "HTTP/2 with WebSocket on HTTP's ports", "ws_http2_http");
    add_heuristic("tls", recognise_in_tls, "HTTP/2 with WebSocket over TLS", "ws_http2_tls");
}

void open_http2_entry(bool ours) {
    capture->decodes_http2 = ours;
    take_ports("tcp.port", handles.http2_over_tcp);
    take_ports("tls.port", handles.http2_over_other);
}

} // namespace ws
