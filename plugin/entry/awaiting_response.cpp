// SPDX-License-Identifier: GPL-2.0-or-later
// What TCP calls from a request to upgrade on, until frames begin.
#include "entry/stream.hpp"
#include "flow/unanswered.hpp"
#include "state/capture.hpp"
#include "wireshark/call.hpp"
#include "wireshark/conversations.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/tcp_segment.hpp"

namespace ws {
namespace {

/// The end of a response, and the frames behind it.
void dissect_end_of_response(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* tcp, std::uint32_t head_end,
                             std::optional<std::uint32_t> sequence) {
    const auto offset = static_cast<int>(head_end);
    call_dissector_only(handles.http_over_tcp, tvb_new_subset_length(tvb, 0, offset), pinfo, tree, tcp);
    if (tvb_reported_length_remaining(tvb, offset) > 0)
        dissect_stream(tvb_new_subset_remaining(tvb, offset), pinfo, tree, tcp,
                       sequence ? std::optional(*sequence + head_end) : sequence);
}

} // namespace

int dissect_awaiting_response(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* tcp) noexcept {
    auto* session = find_session(pinfo);
    if (session && !PINFO_FD_VISITED(pinfo)) {
        const auto sequence = find_sequence(tvb, pinfo, tcp);
        if (sequence && session->direction(pinfo) == Direction::server_to_client)
            session->transport.handed_over = {pinfo->num, *sequence + tvb_reported_length(tvb)};
        const auto* begun = session->connection_at(pinfo->num) ? nullptr : upgrade_unanswered(tvb, pinfo, *session, sequence);
        if (begun)
            give_conversation(pinfo, handles.frames, begun->head_end ? pinfo->num + 1 : pinfo->num);
    }
    const auto port = session ? session->http.port_at(pinfo->num) : 0;
    const auto* connection = session ? session->connection_at(pinfo->num) : nullptr;
    if (connection && connection->head_end && connection->from_packet == pinfo->num) {
        dissect_end_of_response(tvb, pinfo, tree, tcp, connection->head_end, find_sequence(tvb, pinfo, tcp));
        return static_cast<int>(tvb_captured_length(tvb));
    }
    if (connection && (session->direction(pinfo) == Direction::client_to_server || (!connection->answered && !port)))
        return dissect_stream(tvb, pinfo, tree, tcp, find_sequence(tvb, pinfo, tcp));
    if (port) {
        dissect_http_and_frames(tvb, pinfo, tree, tcp, port);
        return static_cast<int>(tvb_captured_length(tvb));
    }
    keep_desegmentation(pinfo);
    return call_dissector_only(handles.http_over_tcp, tvb, pinfo, tree, tcp);
}

} // namespace ws
