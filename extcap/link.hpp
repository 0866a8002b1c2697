// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "packet.hpp"

namespace wscap {

/// The IP datagram inside a frame of that LINKTYPE_, as much as was captured; empty where it carries none or
/// the link type is not known. Passes over VLAN tags, MPLS labels and PPPoE.
Bytes ip_datagram(std::uint16_t link_type, Bytes frame) noexcept;

/// The selection can look into frames of that link type.
bool is_known_link(std::uint16_t link_type) noexcept;

} // namespace wscap
