// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include "dissector/connection_decoder.hpp"
#include "dissector/statistics.hpp"

namespace ws {

/// What passed over a connection, from its request to `end` (nanoseconds): on its last packet.
void add_session_summary(proto_tree* parent, tvbuff_t* tvb, const Statistics& statistics, const std::optional<FirstClose>& close,
                         std::int64_t end);

} // namespace ws
