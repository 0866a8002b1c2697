// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow/handshake_half.hpp"

#include "state/capture.hpp"
#include "view/diagnosis_fields.hpp"
#include "wireshark/protocol.hpp"

namespace ws {

HandshakeHalf read_request_half(const HttpHead& head, packet_info* pinfo, Session& session, std::uint32_t ordinal,
                                std::uint32_t pipelined_before, bool secure) {
    const auto arena = packet_arena(pinfo);
    Offer offer;
    RequestNotes notes;
    HandshakeHalf half{true, read_request(head, secure, arena, offer), {}};
    half.context.diagnoses = diagnose_request(head, pinfo->abs_ts.secs, read_claims, arena, notes);
    half.opening = session.find_request(pinfo->num, ordinal);
    if (!PINFO_FD_VISITED(pinfo)) {
        auto& opening = session.add_request(pinfo, ordinal, offer.key);
        opening.pipelined_before = pipelined_before;
        opening.terms->offer = std::move(offer);
        opening.terms->notes = std::move(notes);
        half.opening = &opening;
    }
    half.context.direction = Direction::client_to_server;
    half.context.stream = half.opening ? half.opening->stream : 0;
    half.context.other_packet = half.opening ? half.opening->response_packet : 0;
    return half;
}

HandshakeHalf read_response_half(const HttpHead& head, packet_info* pinfo, Session& session, std::uint32_t ordinal) {
    const auto arena = packet_arena(pinfo);
    const bool first = !PINFO_FD_VISITED(pinfo);
    auto* opening = first ? &session.add_response(pinfo, ordinal) : session.find_response(pinfo->num, ordinal);
    if (!opening)
        return {};
    const bool request_known = opening->request_captured;
    auto& terms = opening->terms;
    if (const auto* accept = head.find("Sec-WebSocket-Accept"); first && accept && !request_known)
        terms->accept = accept->value;
    HandshakeHalf half{true, read_response(head, request_known ? &terms->offer : nullptr, arena), {}, opening};
    half.context.diagnoses = diagnose_response(head, half.handshake, request_known ? &terms->notes : nullptr, arena);
    half.context.direction = Direction::server_to_client;
    half.context.stream = opening->stream;
    half.context.other_packet = request_known ? opening->request_packet : 0;
    half.context.has_time = request_known && opening->request_packet <= pinfo->num;
    nstime_delta(&half.context.time, &pinfo->abs_ts, &opening->request_time);
    if (first && half.handshake.accepted)
        half.begins =
            &session.upgrade(pinfo, opening->stream, negotiate(half.handshake.extensions, half.handshake.extensions_read),
                             half.handshake.protocols.empty() ? std::string_view{} : half.handshake.protocols[0]);
    if (first && request_known && !capture->revisits.may(pinfo))
        terms.reset();
    return half;
}

} // namespace ws
