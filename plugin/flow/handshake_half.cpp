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
    half.exchange = session.find_request(pinfo->num, ordinal);
    if (!PINFO_FD_VISITED(pinfo)) {
        auto& exchange = session.add_request(pinfo, ordinal, offer.key);
        exchange.others_first = pipelined_before;
        exchange.terms->offer = std::move(offer);
        exchange.terms->notes = std::move(notes);
        half.exchange = &exchange;
    }
    half.context.direction = Direction::client_to_server;
    half.context.stream = half.exchange ? half.exchange->stream : 0;
    half.context.other_packet = half.exchange ? half.exchange->response_packet : 0;
    return half;
}

HandshakeHalf read_response_half(const HttpHead& head, packet_info* pinfo, Session& session, std::uint32_t ordinal) {
    const auto arena = packet_arena(pinfo);
    const bool first = !PINFO_FD_VISITED(pinfo);
    auto* exchange = first ? &session.add_response(pinfo, ordinal) : session.find_response(pinfo->num, ordinal);
    if (!exchange)
        return {};
    const bool request_known = exchange->request_captured;
    auto& terms = exchange->terms;
    if (const auto* accept = head.find("Sec-WebSocket-Accept"); first && accept && !request_known)
        terms->accept = accept->value;
    HandshakeHalf half{true, read_response(head, request_known ? &terms->offer : nullptr, arena), {}, exchange};
    half.context.diagnoses = diagnose_response(head, half.handshake, request_known ? &terms->notes : nullptr, arena);
    half.context.direction = Direction::server_to_client;
    half.context.stream = exchange->stream;
    half.context.other_packet = request_known ? exchange->request_packet : 0;
    half.context.has_time = request_known && exchange->request_packet <= pinfo->num;
    nstime_delta(&half.context.time, &pinfo->abs_ts, &exchange->request_time);
    if (first && half.handshake.accepted)
        half.begins =
            &session.upgrade(pinfo, exchange->stream, negotiate(half.handshake.extensions, half.handshake.extensions_read),
                             half.handshake.protocols.empty() ? std::string_view{} : half.handshake.protocols[0]);
    if (first && request_known && !capture->revisits.may(pinfo))
        terms.reset();
    return half;
}

} // namespace ws
