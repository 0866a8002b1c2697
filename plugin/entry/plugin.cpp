// SPDX-License-Identifier: GPL-2.0-or-later
#include "wireshark/protocol.hpp"

#include "state/sessions.hpp"

namespace ws {

Protocol protocol;

namespace {

void register_protocol() {
    protocol.id = proto_register_protocol("WebSocket Protocol", "WS", "ws");
    register_handshake_fields();
    register_frame_fields();
    register_message_fields();
    register_finding_fields();
    register_diagnosis_fields();
    register_session_fields();

    auto* preferences = prefs_register_protocol(protocol.id, assign_ports);
    prefs_register_bool_preference(preferences, "take_over", "Take over from the built-in dissector",
                                   "Decode WebSocket in place of Wireshark's own \"websocket\" dissector", &protocol.take_over);
    prefs_register_uint_preference(preferences, "limit", "Longest inflated message (MiB)",
                                   "What a compressed message inflates to beyond this is not kept", 10, &protocol.limit_mib);
    range_convert_str(wmem_epan_scope(), &protocol.ports, "", 65535);
    prefs_register_range_preference(preferences, "port", "TCP ports",
                                    "Ports whose connections carry WebSocket, with its handshake in the capture or without",
                                    &protocol.ports, 65535);
    register_sessions();
    register_recognition();
    register_frame_dissectors();
    register_handshake_dissector();
    register_http2_dissector();
    register_http3_frames();
    register_open_requests();
    register_connect_watch();
    register_tcp_ports();
    register_transport_watch();
    register_tunnels();
}

void hand_off() {
    hand_off_tcp_ports();
    hand_off_handshake_dissector();
    hand_off_open_requests();
    hand_off_http_apart();
    hand_off_tunnels();
    hand_off_http2_dissector();
    hand_off_transport_watch();
    hand_off_frame_dissectors();
    hand_off_subdissectors();
    hand_off_builtin();
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
