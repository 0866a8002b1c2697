// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include "dissector/sequence_tracker.hpp"

#include <string>

namespace ws {

/// An HTTP CONNECT tunnel (RFC 9110 9.3.6), from its request on.
struct Tunnel {
    std::uint32_t packet = 0;            ///< With CONNECT.
    dissector_handle_t before = nullptr; ///< Who had the conversation; null: TCP goes by the ports.
    address client;
    guint32 client_port = 0;
    std::string head;                     ///< What the client has sent so far, if it may be the beginning of a request.
    SequenceTracker sequence;             ///< Follows that.
    std::uint32_t request_packet = 0;     ///< With the end of a request to upgrade; 0: none so far.
    const guint8* request_head = nullptr; ///< All of it, if it began in an earlier packet.
    guint32 port = 0;                     ///< HTTP's own conversation for it has this one.
    bool answered = false;
    // Where the client has not waited for the answer
    std::uint32_t answer_packet = 0;
    std::size_t answer_size = 0;
};

} // namespace ws
