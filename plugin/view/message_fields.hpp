// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "view/layer.hpp"

namespace ws {

/// Shows the message that a frame completes, and returns where its bytes are; nowhere if they could not be decoded. `always`:
/// also where nobody looks at the tree; `tvb` is then the piece that the frame ends in.
Place add_message(const FrameTree& at, packet_info* pinfo, const Frame& frame, tvbuff_t* parent, bool always);

} // namespace ws
