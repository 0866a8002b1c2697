// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/session.hpp"

#include "dissector/request_start.hpp"

namespace ws {

/// The first visit of a packet that begins a TCP connection: if the port is another protocol's, a request to upgrade is looked
/// for before that has its turn (handles.awaiting_request).
void await_request(packet_info* pinfo);

/// The first visit: these bytes, which nobody's dissector was called for, may be the beginning of a request.
void await_rest_of_request(packet_info* pinfo);
/// The first visit: one was begun in this conversation, and its end is still to come.
bool awaits_rest_of_request(packet_info* pinfo);

/// The first visit: reads what one end of the conversation sends. `other`: no request will come. `tcp`: TCP's own data.
RequestStart::Verdict look_for_request(tvbuff_t* tvb, packet_info* pinfo, const void* tcp);

/// The request that ends in these bytes, and `before`, so many of its bytes that came earlier; else null.
tvbuff_t* awaited_request(tvbuff_t* tvb, packet_info* pinfo, const void* tcp, guint& before);

/// A request to upgrade which the port's own dissector has taken, after all others: because it is the first packet captured, or
/// because TCP puts together for that dissector what it was begun in. `tvb` is the packet. Returns whether it is shown.
bool dissect_taken_request(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree);

} // namespace ws
