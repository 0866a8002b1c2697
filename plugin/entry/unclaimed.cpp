// SPDX-License-Identifier: GPL-2.0-or-later
#include "entry/unclaimed.hpp"

#include "entry/stream.hpp"
#include "flow/frames.hpp"
#include "flow/recognition.hpp"
#include "state/capture.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/tcp_ends.hpp"
#include "wireshark/tcp_segment.hpp"

#include <algorithm>

namespace ws {
namespace {

heur_dtbl_entry_t* heuristic;

/// TCP takes a segment for a retransmission or out of order, and keeps it, although it repeats bytes and goes on with new ones.
bool held_back(packet_info* pinfo, Session& session, Connection& connection, const Segment& segment) {
    if (PINFO_FD_VISITED(pinfo))
        return std::binary_search(connection.held_back.begin(), connection.held_back.end(), pinfo->num);
    if (!session.http.parts.empty() || // TCP may hold packets back for HTTP
        !connection.decoder.goes_on_with(session.direction(pinfo), segment.sequence, segment.length))
        return false;
    auto* conversation = find_tcp_conversation(pinfo);
    if (!conversation || conversation_get_dissector(conversation, pinfo->num) != handles.frames)
        return false;
    connection.held_back.push_back(pinfo->num);
    return true;
}

} // namespace

bool dissect_unclaimed(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session* session) {
    auto* connection = session ? session->connection_at(pinfo->num) : nullptr;
    const bool unknown = !session && !PINFO_FD_VISITED(pinfo) && capture->asked_by_tcp != pinfo->num && heuristic->enabled;
    const bool missed = connection && !was_decoded(pinfo, *connection);
    Segment segment;
    if ((!unknown && !missed) || !find_segment(tvb, pinfo, segment) || !segment.length ||
        segment.payload >= tvb_captured_length(tvb))
        return false;
    if (missed && !connection->from_raw_packets && !held_back(pinfo, *session, *connection, segment))
        return false;
    const auto captured = std::min(tvb_captured_length(tvb) - static_cast<guint>(segment.payload), segment.length);
    if (unknown) {
        const auto* bytes = tvb_get_ptr(tvb, static_cast<int>(segment.payload), static_cast<int>(captured));
        const auto of = claim_of(pinfo, bytes[0]);
        const auto where = where_to_search(pinfo, {bytes, captured}, of);
        if (where == Search::nowhere)
            return false;
        connection = recognise(pinfo, {bytes, captured, segment.length - captured, segment.sequence, of}, where);
        if (!connection)
            return false;
        connection->from_raw_packets = true;
        conversation_set_dissector_from_frame_number(tcp_conversation(pinfo), pinfo->num, handles.frames);
    }
    col_clear_fence(pinfo->cinfo, COL_INFO);
    auto* payload = tvb_new_subset_length_caplen(tvb, static_cast<int>(segment.payload), static_cast<int>(captured),
                                                 static_cast<int>(segment.length));
    return dissect_stream(payload, pinfo, tree, nullptr, segment.sequence) != 0;
}

void open_unclaimed() {
    heuristic = find_heur_dissector_by_unique_short_name("ws_tcp");
}

} // namespace ws
