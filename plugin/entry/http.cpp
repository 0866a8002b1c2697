// SPDX-License-Identifier: GPL-2.0-or-later
// What HTTP calls for what follows an upgrade, and TCP for what follows CONNECT.
#include "entry/callbacks.hpp"
#include "entry/entries.hpp"
#include "entry/stream.hpp"
#include "flow/connect_tunnel.hpp"
#include "flow/handshake.hpp"
#include "flow/http3.hpp"
#include "wireshark/handles.hpp"

namespace ws {
namespace {

/// From HTTP, after a 101 response, also inside TLS. `data` is HTTP's own in newer releases.
int dissect_after_upgrade(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) noexcept {
    if (http2_is_followed()) // which takes it from there
        return static_cast<int>(tvb_captured_length(tvb));
    if (is_http3(data)) {
        dissect_http3_frames(tvb, pinfo, tree, data);
        return static_cast<int>(tvb_captured_length(tvb));
    }
    if (!dissect_response_before(tvb, pinfo, tree))
        return static_cast<int>(tvb_captured_length(tvb));
    return dissect_stream(tvb, pinfo, tree, nullptr, {});
}

int dissect_tunnel(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* tcp) noexcept {
    const auto http = dissect_in_tunnel(tvb, pinfo, tree, tcp);
    if (http.request)
        dissect_http_and_frames(http.request, pinfo, tree, tcp, http.port);
    return http.length;
}

} // namespace

void register_http_entry() {
    handles.upgrade = named_dissector("ws.upgrade", dissect_after_upgrade);
    handles.connect_tunnel = unnamed_dissector(dissect_tunnel, -1);
}

void take_over_from_builtin(bool ours) {
    if (ours)
        dissector_change_string("http.upgrade", "websocket", handles.upgrade);
    else
        dissector_reset_string("http.upgrade", "websocket");
}

} // namespace ws
