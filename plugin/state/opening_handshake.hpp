// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include "dissector/handshake.hpp"
#include "dissector/handshake_diagnosis.hpp"
#include "dissector/legs.hpp"

#include <memory>
#include <string>

namespace ws {

class Session;
struct OpeningHandshake;

/// The client's connection to a proxy, and the proxy's to the server.
struct ProxiedPair {
    Session* sessions[2];
    OpeningHandshake* openings[2];

    /// The other of the two.
    std::size_t other(const OpeningHandshake& opening) const { return &opening == openings[0] ? 1 : 0; }
};

/// One request to upgrade and its response; either may be missing in the capture.
struct OpeningHandshake {
    std::uint32_t stream = 0;
    bool request_captured = false;
    std::uint32_t request_packet = 0; ///< The response's if the request was not captured.
    std::uint32_t request_ordinal = 0;
    nstime_t request_time{};
    std::string url; ///< Of the request; empty: not known.
    RequestFields fields = 0;
    const ProxiedPair* pair = nullptr; ///< With the other leg of a proxy; null: none is known.
    std::uint32_t response_packet = 0; ///< 0: not seen so far.
    std::uint32_t response_ordinal = 0;
    /// What the other half is judged by. Null where nobody will ask: that was captured, and is not visited again.
    struct Terms {
        Offer offer;
        RequestNotes notes; ///< What a response is explained with.
        std::string accept; ///< Sec-WebSocket-Accept, as long as no request was captured.
    };
    std::unique_ptr<Terms> terms = std::make_unique<Terms>();
    std::uint32_t pipelined_before = 0; ///< Responses to ordinary requests that were sent before this one (pipelining).
};

} // namespace ws
