// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

namespace ws {

/// Numbers of Wireshark's protocols and fields; -1 until look_up_handles().
struct WiresharkIds {
    int tcp = -1;
    int tls = -1;
    int http = -1;
    int http2 = -1;
    int socks = -1;
    int data = -1;
    int json = -1;
    int tcp_source_port = -1; ///< Fields, not protocols, from here on.
    int tcp_destination_port = -1;
    int frame_protocols = -1;
};
extern WiresharkIds ids;

/// Dissectors that one part of the plugin calls or gives a conversation to, and another registers.
struct Handles {
    // Wireshark's
    dissector_handle_t http_over_tcp;
    dissector_handle_t http_over_tls;
    dissector_handle_t http2;
    dissector_handle_t data;
    dissector_handle_t json; ///< Null where it is not built in.

    dissector_table_t tcp_port;
    dissector_table_t by_stream; ///< The plugin's own: what the user chose for the messages of one connection.

    // The plugin's own
    dissector_handle_t frames;            ///< Frames follow: the connection was upgraded, or recognised.
    dissector_handle_t upgrade;           ///< What HTTP calls for what follows a 101 response.
    dissector_handle_t awaiting_request;  ///< A request to upgrade may come.
    dissector_handle_t awaiting_response; ///< A request to upgrade waits for its response.
    dissector_handle_t connect_tunnel;    ///< CONNECT was sent.
    dissector_handle_t http2_over_tcp;
    dissector_handle_t http2_over_other; ///< Over TLS, or after an upgrade to h2c.
    dissector_handle_t http2_over_http;  ///< On HTTP's ports.
    dissector_handle_t http2_data;       ///< The part of one WebSocket connection in a packet of HTTP/2.
    dissector_handle_t http2_found;      ///< On ports of nobody, once WebSocket was seen.
};
extern Handles handles;

/// Somebody lists the protocols of each packet, as the hierarchy does.
bool protocols_are_listed();

/// Once, when all of Wireshark's dissectors are registered.
void look_up_handles();

} // namespace ws
