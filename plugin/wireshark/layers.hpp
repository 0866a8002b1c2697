// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

namespace ws {

/// What the packet's layers are, as far as they have been dissected.
struct Layers {
    bool http_on_tcp = false;   ///< The only HTTP layer lies directly on TCP,
    bool http_on_socks = false; ///< or on SOCKS.
    bool tls = false;
};
Layers layers_of(const packet_info* pinfo);

/// The same of TLS alone, which costs less.
bool has_tls(const packet_info* pinfo);

} // namespace ws
