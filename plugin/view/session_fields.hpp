// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

namespace ws {

struct SessionSummary;

void add_session_summary(proto_tree* parent, tvbuff_t* tvb, const SessionSummary& summary);

} // namespace ws
