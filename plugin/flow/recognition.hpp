// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/connection.hpp"

namespace ws {

/// TCP payload in a connection without a session.
struct UnclaimedPayload {
    const std::uint8_t* bytes;
    std::size_t captured;
    std::uint64_t cut; ///< Bytes that the snap length cut off.
    std::optional<std::uint32_t> sequence;
    enum class Claim : std::uint8_t { none, tentative, other } claim; ///< Did another dissector take it?
};

/// Has a dissector above TCP found its protocol in this packet? `first_byte`: of its payload.
UnclaimedPayload::Claim claim_of(packet_info* pinfo, std::uint8_t first_byte);

/// Where frames may begin in the payload. Most packets need no more than this look.
enum class Search : std::uint8_t { nowhere, at_beginning, anywhere };
Search where_to_search(const packet_info* pinfo, Bytes payload, UnclaimedPayload::Claim claim);

/// The first visit: does the connection carry frames whose handshake was not captured? If so it has a session from now on, which
/// knows what came before this packet and seems to be frames too. Else null. `where`: not nowhere.
Connection* recognise(packet_info* pinfo, const UnclaimedPayload& unknown, Search where);

} // namespace ws
