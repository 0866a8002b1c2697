// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow/handshake_half.hpp"

#include "flow/tapping.hpp"
#include "state/capture.hpp"
#include "view/diagnosis_fields.hpp"
#include "wireshark/conversations.hpp"
#include "wireshark/protocol.hpp"
#include "wireshark/tcp_segment.hpp"

#include <algorithm>

namespace ws {
namespace {

/// It upgrades to WebSocket, as far as it goes.
bool is_cut_response(std::string_view head) {
    if (!head.starts_with("HTTP/1.1 101 "))
        return false;
    constexpr std::string_view name = "Upgrade:", value = "websocket";
    for (auto end = head.find('\n'); end != std::string_view::npos; end = head.find('\n')) {
        head.remove_prefix(end + 1);
        if (!equal_ignoring_case(head.substr(0, name.size()), name))
            continue;
        const auto begin = head.find_first_not_of(" \t", name.size());
        const auto seen = head.substr(std::min(begin, head.size()), value.size());
        return !seen.empty() && equal_ignoring_case(seen, value.substr(0, seen.size()));
    }
    return false;
}

/// So much of a URL is kept for the summary.
constexpr std::size_t longest_url = 256;

/// What a client may leave because of.
Dislike dislike_of(const Handshake& response, const Offer& offer) {
    if (!response.violations.empty())
        return {Dislike::Kind::violation, response.violations[0].violation};
    return {response.protocols.empty() && !offer.protocols.empty() ? Dislike::Kind::no_subprotocol : Dislike::Kind::nothing, {}};
}

/// What the other leg tells of the diagnoses of this one.
void explain_by_leg(HandshakeContext& context, const OpeningHandshake& opening, const Arena& arena) {
    if (!opening.pair)
        return;
    const auto& [client_leg, server_leg] = opening.pair->openings;
    context.leg = opening.pair->openings[opening.pair->other(opening)]->request_packet;
    const Legs legs{client_leg->request_packet, server_leg->request_packet, client_leg->fields, server_leg->fields};
    for (auto& found : context.diagnoses)
        if (const auto cause = what_the_proxy_dropped(found.diagnosis, legs); !cause.empty()) {
            found.cause = as_text(arena.copy(as_bytes(cause)));
            found.about = context.leg;
        }
}

} // namespace

HandshakeHalf read_request_half(const HttpHead& head, packet_info* pinfo, Session& session, std::uint32_t ordinal,
                                std::uint32_t pipelined_before, bool secure) {
    const auto arena = packet_arena(pinfo);
    Offer offer;
    RequestNotes notes;
    HandshakeHalf half{true, read_request(head, secure, arena, offer), {}};
    half.context.diagnoses = diagnose_request(head, pinfo->abs_ts.secs, arena, notes);
    half.opening = session.find_request(pinfo->num, ordinal);
    if (!PINFO_FD_VISITED(pinfo)) {
        auto& opening = session.add_request(pinfo, ordinal, offer.key);
        opening.pipelined_before = pipelined_before;
        opening.fields = fields_of(head);
        capture->proxied.add(offer.key, pinfo, session, opening);
        opening.url = half.handshake.url.substr(0, longest_url);
        opening.terms->offer = std::move(offer);
        opening.terms->notes = std::move(notes);
        half.opening = &opening;
    }
    half.context.whose = session.whose(half.opening ? half.opening->stream : 0, Direction::client_to_server);
    half.context.other_packet = half.opening ? half.opening->response_packet : 0;
    if (half.opening)
        explain_by_leg(half.context, *half.opening, arena);
    return half;
}

HandshakeHalf read_response_half(const HttpHead& head, std::string_view body, packet_info* pinfo, Session& session,
                                 std::uint32_t ordinal) {
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
    half.context.diagnoses = diagnose_response(head, half.handshake, body, request_known ? &terms->notes : nullptr, arena);
    half.context.whose = session.whose(opening->stream, Direction::server_to_client);
    half.context.other_packet = request_known ? opening->request_packet : 0;
    half.context.has_time = request_known && opening->request_packet <= pinfo->num;
    explain_by_leg(half.context, *opening, arena);
    if (first && request_known)
        capture->proxied.answered(terms->offer.key, *opening);
    nstime_delta(&half.context.time, &pinfo->abs_ts, &opening->request_time);
    if (first && half.handshake.accepted) {
        half.begins =
            &session.upgrade(pinfo, opening->stream, negotiate(half.handshake.extensions, half.handshake.extensions_read),
                             half.handshake.protocols.empty() ? std::string_view{} : half.handshake.protocols[0]);
        half.begins->marks = terms->notes.marks;
        note_marks(head, half.begins->marks);
        half.begins->dislike = dislike_of(half.handshake, terms->offer);
    }
    if (first && request_known && !capture->revisits.may(pinfo))
        terms.reset();
    return half;
}

void show_half(proto_tree* tree, packet_info* pinfo, tvbuff_t* tvb, std::size_t offset, std::string_view head,
               const HandshakeHalf& half, bool lines) {
    static_assert(std::is_trivially_destructible_v<HandshakeHalf>);
    tap_handshake(pinfo, half.opening, half.begins, half.handshake, half.context, {head, lines});
    add_handshake(tree, pinfo, tvb, static_cast<int>(offset), head, half.handshake, half.context);
}

void upgrade_by_cut_response(std::string_view head, packet_info* pinfo) {
    if (!is_cut_response(head))
        return;
    auto& session = session_of(pinfo, Direction::server_to_client);
    if (session.connection_at(pinfo->num))
        return;
    auto& decoder = session.upgrade_unanswered(pinfo).decoder;
    decoder.begin(Direction::client_to_server);
    if (Segment segment; find_segment(pinfo, segment) && (segment.flags & ACK))
        decoder.expect(Direction::client_to_server, segment.acknowledged, segment.acknowledged);
    decoder.assume_frame_aligned(); // of the server: its head may end in another segment, and so may the first frame
    let_frames_follow(pinfo);
}

} // namespace ws
