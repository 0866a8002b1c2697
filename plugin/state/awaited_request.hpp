// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include "dissector/request_start.hpp"

namespace ws {

/// A request to upgrade may come where Wireshark's HTTP dissector would not be asked, or not for all of it.
struct AwaitedRequest {
    RequestStart request; ///< What the client sends.
    address client;
    guint32 client_port = 0;    ///< 0: nobody has sent anything so far.
    bool is_http = false;       ///< The client has sent an ordinary request: another may follow.
    std::uint32_t read = 0;     ///< The last packet that was read.
    std::uint32_t packet = 0;   ///< With the end of the request; 0: none so far.
    std::uint32_t sequence = 0; ///< Of that end: TCP may hand over several pieces of a packet.
};

} // namespace ws
