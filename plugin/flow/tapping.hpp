// SPDX-License-Identifier: GPL-2.0-or-later
// What the taps are told, where one listens.
#pragma once

#include "flow/summary.hpp"
#include "state/session.hpp"
#include "view/handshake_fields.hpp"

namespace ws {

/// A frame or skipped bytes of that piece.
void tap_event(packet_info* pinfo, const Session& session, const Connection& connection, const StreamData& piece,
               const StreamEvent& event, std::string_view words);

struct HeadText {
    std::string_view text;
    bool lines; ///< Of HTTP/2 or HTTP/3.
};
/// `begins`: the connection that this half begins, or null.
void tap_handshake(packet_info* pinfo, const OpeningHandshake* opening, const Connection* begins, const Handshake& handshake,
                   const HandshakeContext& context, const HeadText& head);

void tap_summary(packet_info* pinfo, const Session& session, const SummaryShown& shown);

/// What concerns no connection.
void tap_diagnosis(packet_info* pinfo, const Diagnosed& found);
void tap_diagnosis(packet_info* pinfo, Session& session, std::uint32_t stream, const Diagnosed& found);

} // namespace ws
