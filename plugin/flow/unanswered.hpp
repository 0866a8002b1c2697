// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/session.hpp"

namespace ws {

/// The first visit: TCP's payload after a request whose response has not been seen, and may be lost as a whole or in part. If
/// frames are in it, the session has a connection from this packet on; connection->head_end tells how many bytes of a head are
/// before them. `sequence`: of the first byte, where it is known.
Connection* upgrade_unanswered(tvbuff_t* tvb, packet_info* pinfo, Session& session, std::optional<std::uint32_t> sequence);

} // namespace ws
