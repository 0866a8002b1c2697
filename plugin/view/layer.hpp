// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include "dissector/facts.hpp"

namespace ws {

/// Bytes of a tvb, from `offset` on; `tvb` null: none.
struct Place {
    tvbuff_t* tvb;
    int offset;
};

/// The ws layer of a packet, with the fields that each has: a protocol item over the given bytes. `text` is what its line says.
proto_tree* add_layer(proto_tree* tree, packet_info* pinfo, Place at, int length, const char* text, const Whose& whose);

/// The layer of a frame.
struct FrameTree {
    proto_tree* tree; ///< Null: nobody looks.
    Place frame;      ///< Header and payload.
    Place payload;    ///< Unmasked.
};

const char* direction_text(Direction direction);

} // namespace ws
