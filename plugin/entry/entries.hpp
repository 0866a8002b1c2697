// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

namespace ws {

// Where Wireshark calls the plugin. Each part registers its dissectors, and hands them off once all of Wireshark's are there.

void register_tcp_entry(); ///< By TCP and TLS.
void hand_off_tcp_entry();
void assign_ports();           ///< The preference for TCP ports has changed.
void register_request_entry(); ///< By TCP, before a port's dissector.
/// The first visit, and nobody's payload: the beginning of a request, whose rest is awaited from now on, or more of it.
bool begins_request(tvbuff_t* tvb, packet_info* pinfo, const void* tcp);
void register_http_entry();             ///< By HTTP, for what follows an upgrade or CONNECT.
void take_over_from_builtin(bool ours); ///< Before each file.
void register_http2_entry();            ///< By whoever would call HTTP/2.
void hand_off_http2_entry();
void open_http2_entry(bool ours); ///< Before each file.
/// Wireshark's HTTP/2 dissector is at work on a connection that is followed here.
bool http2_is_followed();
void register_packet_entry();    ///< For every packet, after all other dissectors.
void register_decode_as_entry(); ///< What the user chooses for messages.
void hand_off_decode_as_entry();
void register_conversation_filter_entry();

} // namespace ws
