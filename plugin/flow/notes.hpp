// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/session.hpp"

namespace ws {

/// What was noted of the session's end in this packet. Returns whether it shows anything.
bool show_notes(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session);

} // namespace ws
