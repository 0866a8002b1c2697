// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

namespace ws {

/// Frames that Wireshark's HTTP/3 hands over (RFC 9220), with what it tells of their stream.
void dissect_http3_frames(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data);

} // namespace ws
