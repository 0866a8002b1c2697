// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "view/layer.hpp"

namespace ws {

/// Shows one frame, without the message that it may complete. `tvb` is the piece that it ends in. `captured_in`: the packet that
/// carried it, or 0 if it is this one.
FrameTree add_frame(proto_tree* tree, packet_info* pinfo, tvbuff_t* tvb, const Whose& whose, const Frame& frame,
                    std::uint32_t captured_in);

/// Shows the end of a piece, which is of a frame that goes on.
void add_part(proto_tree* tree, packet_info* pinfo, tvbuff_t* tvb, const Whose& whose, const FramePart& part);

/// Shows bytes that belong to no frame.
void add_skipped(proto_tree* tree, packet_info* pinfo, tvbuff_t* tvb, const Whose& whose, const SkippedBytes& skipped);

const char* opcode_name(std::uint8_t code);

} // namespace ws
