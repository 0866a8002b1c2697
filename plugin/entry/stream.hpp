// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include <cstdint>
#include <optional>

namespace ws {

/// Payload of a connection that was upgraded: frames, then perhaps a head for HTTP, then frames again. `tcp`: TCP's own data, for
/// HTTP, or null. `sequence`: of the first byte, where it is known. Returns the bytes taken; 0 if there is no such connection.
int dissect_stream(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* tcp, std::optional<std::uint32_t> sequence);

/// HTTP, in a conversation of its own (`port`), and the frames behind its heads.
void dissect_http_and_frames(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* tcp, guint32 port);

/// TCP's payload from a request to upgrade on, until frames begin. Returns the bytes taken.
int dissect_awaiting_response(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* tcp) noexcept;

/// After all other dissectors: the heads of handshakes that HTTP showed in the packet, and the frames behind them. Returns
/// whether there was something.
bool dissect_heads_and_frames(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree);

} // namespace ws
