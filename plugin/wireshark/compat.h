// SPDX-License-Identifier: GPL-2.0-or-later
// The only file that knows which Wireshark it is built for. Elsewhere the newest spelling is used.
#pragma once

#include <glib.h>

#include <ws_version.h>

#define WS_WIRESHARK_AT_LEAST(major, minor)                                                                                      \
    (WIRESHARK_VERSION_MAJOR > (major) || (WIRESHARK_VERSION_MAJOR == (major) && WIRESHARK_VERSION_MINOR >= (minor)))

#include <epan/packet.h>

// After what they need:
#include <epan/charsets.h>
#include <epan/column-info.h>
#include <epan/column-utils.h>
#include <epan/conversation.h>
#include <epan/conversation_filter.h>
#include <epan/dfilter/dfilter.h>
#include <epan/epan.h>
#include <epan/expert.h>
#include <epan/follow.h>
#include <epan/frame_data.h>
#include <epan/prefs.h>
#include <epan/proto.h>
#include <epan/proto_data.h>
#include <epan/stat_tap_ui.h>
#include <epan/tap.h>
#include <epan/tfs.h>
#include <epan/to_str.h>
#include <epan/tvbuff.h>

#include <epan/dissectors/packet-http.h>
#include <epan/dissectors/packet-tcp.h>

#include <wsutil/unicode-utils.h>

extern "C" { // these have none of their own
#include <epan/dissectors/packet-tls.h>
#include <epan/exceptions.h>
#include <epan/prefs-int.h>
#include <epan/show_exception.h>
}

#if WS_WIRESHARK_AT_LEAST(4, 4)
inline bool is_display_filter(const char* text) {
    dfilter_t* filter = nullptr;
    df_error_t* error = nullptr;
    const bool is = dfilter_compile(text, &filter, &error);
    df_error_free(&error);
    dfilter_free(filter);
    return is;
}
/// Gives a string field its text with the NULs in it, whatever its label shows. Older releases cannot hold them.
/// Where nobody asks for the field, its item is that of another one.
inline void set_text(proto_item* item, int field, const char* text, std::size_t size) {
    if (const auto* info = item ? PITEM_FINFO(item) : nullptr; info && info->hfinfo->id == field)
        fvalue_set_strbuf(info->value, wmem_strbuf_new_len(nullptr, text, size));
}
using HeuristicResult = bool;
using WmemResult = bool;
using BoolPreference = bool;
/// Whom TLS calls for the rest of a connection; `data` is what a heuristic dissector of "tls" is called with.
inline dissector_handle_t& tls_app_handle(void* data) {
    return *static_cast<tlsinfo*>(data)->app_handle;
}
template <bool (*valid)(packet_info*), char* (*build)(packet_info*)>
void add_conversation_filter(const char* protocol, const char* name) {
    register_conversation_filter(
        protocol, name, [](packet_info* pinfo, void*) { return valid(pinfo); },
        [](packet_info* pinfo, void*) { return build(pinfo); }, nullptr);
}
/// `count`: how many streams there are, for the GUI.
inline void add_follower(int protocol, const char* tap, follow_conv_filter_func conversation, follow_index_filter_func stream,
                         follow_address_filter_func addresses, follow_port_to_display_func port, tap_packet_cb follow,
                         follow_stream_count_func count) {
    register_follow_stream(protocol, tap, conversation, stream, addresses, port, follow, count, nullptr);
}
#else
inline bool is_display_filter(const char* text) {
    dfilter_t* filter = nullptr;
    gchar* error = nullptr;
    const bool is = dfilter_compile(text, &filter, &error);
    g_free(error);
    dfilter_free(filter);
    return is;
}
constexpr void set_text(proto_item*, int, const char*, std::size_t) {}
using HeuristicResult = gboolean;
using WmemResult = gboolean;
using BoolPreference = gboolean;
inline dissector_handle_t& tls_app_handle(void* data) {
    return *static_cast<dissector_handle_t*>(data);
}
template <bool (*valid)(packet_info*), char* (*build)(packet_info*)>
void add_conversation_filter(const char* protocol, const char* name) {
    register_conversation_filter(
        protocol, name, [](packet_info* pinfo) -> gboolean { return valid(pinfo); }, build);
}
inline void add_follower(int protocol, const char* tap, follow_conv_filter_func conversation, follow_index_filter_func stream,
                         follow_address_filter_func addresses, follow_port_to_display_func port, tap_packet_cb follow,
                         guint32 (*)()) {
    register_follow_stream(protocol, tap, conversation, stream, addresses, port, follow);
}
#endif

#if !WS_WIRESHARK_AT_LEAST(4, 6)
#define get_data_source_description get_data_source_name
#endif

#if !WS_WIRESHARK_AT_LEAST(4, 4)
#define tvb_get_uint8 tvb_get_guint8
#endif

/// What tshark -z calls for a command; `begin` takes what was given.
#if WS_WIRESHARK_AT_LEAST(4, 6)
inline bool begin_command(const char* given, void* begin) {
    reinterpret_cast<void (*)(const char*)>(begin)(given);
    return true;
}
#else
inline void begin_command(const char* given, void* begin) {
    reinterpret_cast<void (*)(const char*)>(begin)(given);
}
#endif

#if WS_WIRESHARK_AT_LEAST(4, 6)
/// `data` is what a dissector of the table "http.upgrade" is called with.
inline bool is_http3(const void* data) {
    return data && static_cast<const http_upgrade_info_t*>(data)->http_version == 3;
}
/// A header field of the stream: of the half that the packet's sender sent, or of the other. Null if there is none.
inline const char* http3_header(packet_info* pinfo, const void* data, const char* name, bool same_direction) {
    return static_cast<const http_upgrade_info_t*>(data)->get_header_value(pinfo, name, same_direction);
}
#else
#define dissector_try_uint_with_data dissector_try_uint_new
/// Older releases hand over nothing of HTTP/3.
constexpr bool is_http3(const void*) {
    return false;
}
constexpr const char* http3_header(packet_info*, const void*, const char*, bool) {
    return nullptr;
}
#endif

#if !WS_WIRESHARK_AT_LEAST(4, 4)
constexpr bool http_lists_requests = true;
/// How many of a connection's HTTP requests before this packet have no response so far; of the last `most`.
inline guint32 unanswered_requests(const http_conv_t* http, guint32 packet, guint32 most) {
    guint32 requests = 0;
    guint32 responses = 0;
    for (const auto* at = http->req_res_tail; at && most; at = at->prev, --most) {
        requests += at->req_framenum && at->req_framenum < packet ? 1 : 0;
        responses += at->res_framenum ? 1 : 0;
    }
    return requests > responses ? requests - responses : 0;
}
#else
/// Newer releases keep the last only.
constexpr bool http_lists_requests = false;
inline guint32 unanswered_requests(const http_conv_t*, guint32, guint32) {
    return 0;
}
#endif
