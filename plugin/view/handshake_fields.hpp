// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "view/layer.hpp"

#include "dissector/diagnosis.hpp"
#include "dissector/frame.hpp"
#include "dissector/handshake.hpp"

namespace ws {

/// How a half of the handshake relates to the other; what the capture does not hold is 0.
struct HandshakeContext {
    Whose whose;
    std::uint32_t other_packet; ///< The request names the response's packet, the response the request's.
    std::uint32_t leg;          ///< The request of the other leg, where a file has both sides of a proxy; 0: none.
    bool has_time;
    nstime_t time; ///< From request to response, on the response.
    DiagnosedList diagnoses;
};

/// Shows one half. `tvb` holds the head from `offset`, at `head`.
void add_handshake(proto_tree* tree, packet_info* pinfo, tvbuff_t* tvb, int offset, std::string_view bytes,
                   const Handshake& handshake, const HandshakeContext& context);

} // namespace ws
