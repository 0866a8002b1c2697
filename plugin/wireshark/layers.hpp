// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include <string_view>

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

/// The name of the data source with a request that the plugin has put together.
constexpr const char* segmented_request = "Request in several segments";

/// A request in several segments as a data source of the packet. `bytes` stay where they are as long as `parent`; `cut`: so many
/// more were sent.
tvbuff_t* add_segmented_request(tvbuff_t* parent, packet_info* pinfo, std::string_view bytes, guint cut);

} // namespace ws
