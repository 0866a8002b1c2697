// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include "dissector/request_start.hpp"

namespace ws {

/// An HTTP CONNECT tunnel (RFC 9110 9.3.6), from its request on.
struct Tunnel {
    std::uint32_t packet = 0;            ///< With CONNECT.
    dissector_handle_t before = nullptr; ///< Who had the conversation; null: TCP goes by the ports.
    address client;
    guint32 client_port = 0;
    RequestStart request;             ///< What the client sends.
    std::uint32_t request_packet = 0; ///< With the end of a request to upgrade; 0: none so far.
    guint32 port = 0;                 ///< HTTP's own conversation for it has this one.
    bool answered = false;
    // Where the client has not waited for the answer
    std::uint32_t answer_packet = 0;
    std::size_t answer_size = 0;
};

} // namespace ws
