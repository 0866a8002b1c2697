// SPDX-License-Identifier: GPL-2.0-or-later
// The summary of a connection on its last packet.
#pragma once

#include "state/session.hpp"

#include "dissector/session_summary.hpp"

namespace ws {

/// The first visit: the session is over with this packet. `connection`: null if it was refused.
void keep_summary(Session& session, const packet_info* pinfo, const Connection* connection);

struct SummaryShown {
    std::uint32_t stream;
    const OpeningHandshake* opening; ///< Null: not captured.
    const Connection* connection;    ///< Null: refused.
    SessionSummary summary;
};

/// The summary that this packet shows, if any. A connection that is open where the capture ends has its own from the second visit
/// on.
std::optional<SummaryShown> summary_at(Session& session, const packet_info* pinfo);

} // namespace ws
