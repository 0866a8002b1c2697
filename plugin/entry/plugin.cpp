// SPDX-License-Identifier: GPL-2.0-or-later
#include "entry/entries.hpp"
#include "entry/unclaimed.hpp"
#include "flow/subprotocol.hpp"
#include "state/capture.hpp"
#include "taps/taps.hpp"
#include "view/fields.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/protocol.hpp"

namespace ws {
namespace {

void register_preferences() {
    auto* preferences = prefs_register_protocol(protocol.id, assign_ports);
    prefs_register_bool_preference(
        preferences, "take_over", "Take over from the built-in dissector",
        "Decode WebSocket in place of Wireshark's own \"websocket\" dissector. Its filters and columns "
        "keep working.",
        &protocol.take_over);
    prefs_register_bool_preference(
        preferences, "midstream", "Recognise connections without their handshake",
        "Where the capture begins after the handshake, know frames by what they are: headers in a chain, "
        "masks, text behind them. Off: only Decode As and the TCP ports below find them.",
        &protocol.midstream);
    range_convert_str(wmem_epan_scope(), &protocol.ports, "", 65535);
    prefs_register_range_preference(preferences, "port", "TCP ports",
                                    "Ports whose connections carry WebSocket, with its handshake in the capture or without, like "
                                    "9000-9002,9443",
                                    &protocol.ports, 65535);
    prefs_register_bool_preference(preferences, "json", "Dissect text that is JSON",
                                   "Show the members of a text message that is JSON, with the fields of Wireshark's JSON "
                                   "dissector. A dissector chosen by subprotocol or by Decode As goes first.",
                                   &protocol.json);
    prefs_register_uint_preference(preferences, "limit", "Longest inflated message (MiB)",
                                   "A compressed message that inflates to more is not kept; ws.undecoded says \"limit\", and the "
                                   "connection goes on",
                                   10, &protocol.limit_mib);
    prefs_register_uint_preference(
        preferences, "info_text", "Length of text in the Info column (bytes)",
        "Of a message's text, so much is shown in the Info column and in the headline of the tree; 0: nothing", 10,
        &protocol.info_text);
    prefs_register_bool_preference(preferences, "builtin_fields", "Always add the fields of the built-in dissector",
                                   "Filters and columns on websocket.* work without; tshark before 4.4 cannot tell that "
                                   "\"-T fields -e websocket.opcode\" asks for one. Exports have each text twice then.",
                                   &protocol.builtin_fields);
    prefs_register_static_text_preference(preferences, "of_builtin",
                                          "The preferences of the built-in dissector (WebSocket) have no effect meanwhile.",
                                          "websocket.text_type and websocket.decompress: text that is JSON is dissected as the "
                                          "preference above says, and messages are always decompressed");
}

/// Before each dissection of a file.
void open_file() {
    open_capture();
    // The user may have disabled the protocol since the last.
    const bool ours = protocol.take_over && proto_is_protocol_enabled(find_protocol_by_id(protocol.id));
    take_over_from_builtin(ours);
    open_http2_entry(ours);
    open_unclaimed();
    open_subprotocols();
}

void register_protocol() {
    protocol.id = proto_register_protocol("WebSocket Protocol", "WS", "ws");
    register_fields();
    register_preferences();
    register_tcp_entry();
    register_request_entry();
    register_http_entry();
    register_http2_entry();
    register_packet_entry();
    register_decode_as_entry();
    register_conversation_filter_entry();
    register_taps();
    register_init_routine(open_file);
    register_cleanup_routine(close_capture);
}

void hand_off() {
    look_up_handles();
    hand_off_http2_entry();
    hand_off_tcp_entry();
    hand_off_subprotocols();
    hand_off_decode_as_entry();
    look_up_builtin_fields();
}

} // namespace
} // namespace ws

#define WS_EXPORT extern "C" __attribute__((visibility("default")))

WS_EXPORT const char plugin_version[];
WS_EXPORT const int plugin_want_major;
WS_EXPORT const int plugin_want_minor;

const char plugin_version[] = WS_VERSION;
const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

WS_EXPORT void plugin_register() {
    static proto_plugin plugin;
    plugin.register_protoinfo = ws::register_protocol;
    plugin.register_handoff = ws::hand_off;
    proto_register_plugin(&plugin);
}

#if WS_WIRESHARK_AT_LEAST(4, 4)
// For Help > About > Plugins; wsutil/plugins.h, which names this value, is not installed.
WS_EXPORT std::uint32_t plugin_describe() {
    return 1; // a dissector
}
#endif
