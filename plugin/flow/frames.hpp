// SPDX-License-Identifier: GPL-2.0-or-later
// The frames: pieces of payload go to the connection, and what it tells is shown.
#pragma once

#include "flow/http_conversations.hpp"
#include "state/session.hpp"

namespace ws {

/// The frames in a piece of payload, as far as they go: a head may follow, for HTTP. `sequence`: of its first byte in TCP's
/// stream, where that is known.
HttpPart dissect_frames(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session, Connection& connection,
                        std::optional<std::uint32_t> sequence);

/// A piece of an HTTP/2 or HTTP/3 stream. `sequence`: of its first byte, counted from the stream's beginning.
void dissect_stream_data(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session, std::uint32_t sequence);

/// The connection was given a piece of this packet in this visit.
bool was_decoded(packet_info* pinfo, const Connection& connection);

} // namespace ws
