// SPDX-License-Identifier: GPL-2.0-or-later
// What the taps are told, where one listens.
#pragma once

#include "flow/handshake_half.hpp"
#include "flow/summary.hpp"
#include "state/session.hpp"

namespace ws {

/// A frame or skipped bytes of that piece.
void tap_event(packet_info* pinfo, const Session& session, const Connection& connection, const StreamData& piece,
               const StreamEvent& event);

/// `lines`: the head is of HTTP/2 or HTTP/3.
void tap_handshake(packet_info* pinfo, const HandshakeHalf& half, std::string_view head, bool lines);

void tap_summary(packet_info* pinfo, const Session& session, const SummaryShown& shown);

/// What concerns no connection.
void tap_diagnosis(packet_info* pinfo, const Diagnosed& found);
void tap_diagnosis(packet_info* pinfo, Session& session, std::uint32_t stream, const Diagnosed& found);

} // namespace ws
