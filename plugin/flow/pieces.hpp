// SPDX-License-Identifier: GPL-2.0-or-later
// How many pieces of a connection a packet had so far in this visit: the packet's number alone does not tell them apart.
#pragma once

#include "wireshark/protocol.hpp"

#include <cstdint>

namespace ws {

/// Null: none.
std::uint32_t* pieces_so_far(packet_info* pinfo, std::uint32_t stream);
/// To be counted on; valid until the next question.
std::uint32_t& pieces_of(packet_info* pinfo, std::uint32_t stream);

} // namespace ws
