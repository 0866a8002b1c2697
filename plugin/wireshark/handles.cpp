// SPDX-License-Identifier: GPL-2.0-or-later
#include "wireshark/handles.hpp"

namespace ws {

WiresharkIds ids;
Handles handles;

bool protocols_are_listed() {
    static const int frame_tap = find_tap_id("frame");
    return have_tap_listener(frame_tap);
}

void look_up_handles() {
    ids.tcp = proto_get_id_by_filter_name("tcp");
    ids.tls = proto_get_id_by_filter_name("tls");
    ids.http = proto_get_id_by_filter_name("http");
    ids.http2 = proto_get_id_by_filter_name("http2");
    ids.socks = proto_get_id_by_filter_name("socks");
    ids.data = proto_get_id_by_filter_name("data");
    ids.json = proto_get_id_by_filter_name("json");
    ids.tcp_source_port = proto_registrar_get_id_byname("tcp.srcport");
    ids.tcp_destination_port = proto_registrar_get_id_byname("tcp.dstport");
    ids.frame_protocols = proto_registrar_get_id_byname("frame.protocols");
    handles.http_over_tcp = find_dissector("http-over-tcp");
    handles.http_over_tls = find_dissector("http-over-tls");
    handles.http2 = find_dissector("http2");
    handles.tcp_port = find_dissector_table("tcp.port");
    handles.data = find_dissector("data");
    handles.json = find_dissector("json");
}

} // namespace ws
