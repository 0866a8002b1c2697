// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include "state/sessions.hpp"

namespace ws {

class Session;

/// TCP's payload of a conversation with an upgrade: frames.
dissector_handle_t frames_handle();
/// TCP's payload while an upgrade was asked for and not answered: HTTP, or frames if the answer was not captured.
dissector_handle_t undecided_handle();

/// Frames that follow a 101 response in its packet, from `offset` on, where HTTP does not hand them over.
void dissect_after_response(tvbuff_t* tvb, int offset, packet_info* pinfo, proto_tree* tree);

/// After all other dissectors: frames in a packet that TCP offered to others only. Returns whether anything was shown. `tvb` is
/// the packet. `session`: of its connection, or null.
bool dissect_unclaimed(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session* session);
/// A part of the byte stream of one session, which no conversation leads to. `sequence` numbers its first byte, as TCP does.
void dissect_stream_data(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session, std::uint32_t sequence);

} // namespace ws
