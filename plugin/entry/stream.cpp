// SPDX-License-Identifier: GPL-2.0-or-later
#include "entry/stream.hpp"

#include "flow/frames.hpp"
#include "flow/handshake.hpp"
#include "flow/packet_heads.hpp"
#include "state/capture.hpp"
#include "wireshark/limits.hpp"
#include "wireshark/tcp_segment.hpp"

namespace ws {

void dissect_http_and_frames(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* tcp, guint32 port) {
    const auto direction = find_session(pinfo)->direction(pinfo);
    if (!call_http_in_own_conversation(tvb, pinfo, tree, tcp, direction, port))
        return;
    const auto frames = dissect_heads_of(tvb, pinfo, tree);
    if (frames.tvb)
        dissect_stream(tvb_new_subset_remaining(frames.tvb, frames.offset), pinfo, tree, nullptr, {});
}

int dissect_stream(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* tcp, std::optional<std::uint32_t> sequence) {
    const auto captured = static_cast<int>(tvb_captured_length(tvb));
    give_back_earlier_layers(pinfo);
    auto* session = find_session(pinfo);
    auto* connection = session ? session->connection_now(pinfo) : nullptr;
    if (!connection)
        return 0;
    // Each packet's own payload is dissected after all others, in each visit. What TCP has put together for the dissector that
    // had the connection before is not that.
    if (connection->from_raw_packets && (!sequence || find_sequence(tvb, pinfo) != sequence))
        return captured;
    const auto http = dissect_frames(tvb, pinfo, tree, *session, *connection, sequence);
    if (!http.found)
        return captured;
    const auto offset = static_cast<int>(http.offset);
    const auto end = offset + static_cast<int>(http.length);
    if (http.port && end < captured) { // a request that was captured after the frames behind it
        dissect_http_and_frames(tvb_new_subset_length(tvb, offset, end - offset), pinfo, tree, tcp, http.port);
        dissect_stream(tvb_new_subset_remaining(tvb, end), pinfo, tree, tcp,
                       sequence ? std::optional(*sequence + static_cast<std::uint32_t>(end)) : sequence);
        return captured;
    }
    if (http.port)
        dissect_http_and_frames(tvb_new_subset_remaining(tvb, offset), pinfo, tree, tcp, http.port);
    else
        pinfo->desegment_len = DESEGMENT_ONE_MORE_SEGMENT;
    if (pinfo->desegment_len) {
        pinfo->desegment_offset += offset;
        if (sequence && !PINFO_FD_VISITED(pinfo))
            connection->decoder.take_back(session->direction(pinfo),
                                          *sequence + static_cast<std::uint32_t>(pinfo->desegment_offset));
    }
    return captured;
}

bool dissect_heads_and_frames(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) {
    List<Place> frames;
    const bool shown = dissect_heads_of_packet(tvb, pinfo, tree, frames);
    for (const auto& at : frames)
        dissect_stream(tvb_new_subset_remaining(at.tvb, at.offset), pinfo, tree, nullptr, {});
    return shown;
}

} // namespace ws
