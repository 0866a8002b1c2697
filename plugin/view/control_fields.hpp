// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "view/layer.hpp"

namespace ws {

/// Shows what a Close, Ping or Pong frame says, and which frame it answers (RFC 6455 5.5).
void add_control(const FrameTree& at, packet_info* pinfo, const Frame& frame);

} // namespace ws
