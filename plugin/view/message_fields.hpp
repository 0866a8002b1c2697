// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "view/layer.hpp"

namespace ws {

/// Shows the message that a frame completes, and returns where its bytes are; nowhere if they could not be decoded. `words`: its
/// subprotocol's. `always`: also where nobody looks at the tree; `parent` is then the piece that the frame ends in.
Place add_message(const FrameTree& at, packet_info* pinfo, const Frame& frame, std::string_view words, tvbuff_t* parent,
                  bool always);

/// What the message says goes on in the next one: also in the columns. `packet` 0: not known yet; `tree` may be null.
void add_goes_on(proto_tree* tree, packet_info* pinfo, std::uint32_t packet);

} // namespace ws
