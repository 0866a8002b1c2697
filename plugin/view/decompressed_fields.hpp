// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "view/layer.hpp"

#include "dissector/application_compression.hpp"

namespace ws {

/// Shows a payload that the application had compressed, in a tab of its own; returns where its bytes are. `tree` may be null.
Place add_decompressed(proto_tree* tree, packet_info* pinfo, Place message, const Decompressed& opened, std::uint32_t number);

} // namespace ws
