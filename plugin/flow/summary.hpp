// SPDX-License-Identifier: GPL-2.0-or-later
// The summary of a connection on its last packet.
#pragma once

#include "state/session.hpp"

namespace ws {

/// The first visit: the session is over with this packet. `connection`: null if it was refused.
void keep_summary(Session& session, const packet_info* pinfo, const Connection* connection);

/// Which connection's summary this packet shows, as ws.stream; nothing: none. One that is open where the capture ends has its
/// summary from the second visit on.
std::optional<std::uint32_t> summary_at(Session& session, const packet_info* pinfo);

/// Shows it.
void show_summary(tvbuff_t* tvb, const packet_info* pinfo, proto_tree* layer, Session& session);

} // namespace ws
