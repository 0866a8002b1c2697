// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>

namespace ws {

/// A CONNECT and its answer, on a connection to a proxy.
struct Connect {
    std::uint32_t response_packet = 0; ///< 0: not seen so far.
    std::string target;
};

/// Hosts and ports that requests for WebSocket name, in lower case.
using ConnectTargets = std::unordered_set<std::string>;

} // namespace ws
