// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/awaited_request.hpp"
#include "state/connect.hpp"
#include "state/http2_connection.hpp"
#include "state/session.hpp"
#include "state/suspect.hpp"
#include "state/tunnel.hpp"

#include "dissector/reset_evidence.hpp"

namespace ws {

/// What is remembered of one of Wireshark's TCP conversations. Most have none of it, and no record.
struct Conversation {
    Session* session = nullptr; ///< Once a handshake or frames were seen.
    std::unique_ptr<Http2Connection> http2;
    std::unique_ptr<Suspect> suspect;
    std::unique_ptr<Tunnel> tunnel; ///< The last.
    std::unique_ptr<AwaitedRequest> awaited;
    std::vector<Connect> connects;
    bool looks_like_http2 = false;         ///< A segment had nothing but frames of HTTP/2.
    std::uint32_t open_requests = 0;       ///< HTTP requests without a response so far, where Wireshark does not list them.
    std::optional<SegmentMarks> syn_marks; ///< Of SYN+ACK: a reset may come before the server sends anything else.
};

} // namespace ws
