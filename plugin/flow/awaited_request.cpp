// SPDX-License-Identifier: GPL-2.0-or-later
// Opening handshakes on ports that Wireshark gives to other protocols: their dissectors would be called, and HTTP's not. All that
// is no request to upgrade goes on to them as if we were not there.
#include "flow/awaited_request.hpp"

#include "flow/handshake.hpp"
#include "state/capture.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/layers.hpp"
#include "wireshark/protocol.hpp"
#include "wireshark/tcp_ends.hpp"
#include "wireshark/tcp_segment.hpp"

#include <algorithm>

namespace ws {
namespace {

using Verdict = RequestStart::Verdict;

/// Whom TCP calls for a port. The user's choice, HTTP/2, HTTP, and what is WebSocket by a preference, stay.
enum class Owner : std::uint8_t { none, other, stays };

Owner owner_of(guint32 port) {
    auto* of = dissector_get_uint_handle(handles.tcp_port, port);
    if (!of)
        return Owner::none;
    const auto id = dissector_handle_get_protocol_index(of);
    const bool stays =
        id == ids.http || id == ids.http2 || id == protocol.id || dissector_is_uint_changed(handles.tcp_port, port);
    return stays ? Owner::stays : Owner::other;
}

bool is_begun(const AwaitedRequest* awaited) {
    return awaited && !awaited->packet && !awaited->request.kept().empty();
}

Verdict read_next(std::unique_ptr<AwaitedRequest>& awaited, tvbuff_t* tvb, packet_info* pinfo, std::uint32_t sequence) {
    const auto port = tcp_ports(pinfo).source;
    const bool from_client = port == awaited->client_port && addresses_equal(&tcp_source(pinfo), &awaited->client);
    if (awaited->client_port && !from_client)
        return Verdict::incomplete;
    const auto size = tvb_captured_length(tvb);
    const std::string_view bytes(reinterpret_cast<const char*>(tvb_get_ptr(tvb, 0, static_cast<int>(size))), size);
    const auto verdict = awaited->request.read(bytes, tvb_reported_length(tvb) - size, sequence, packet_arena(pinfo));
    awaited->read = pinfo->num;
    awaited->is_http = awaited->is_http || verdict == Verdict::ordinary;
    if (verdict == Verdict::other && !awaited->is_http) { // else it is the rest of a body
        awaited.reset();
        auto* conversation = tcp_conversation(pinfo);
        if (conversation_get_dissector(conversation, 0) == handles.awaiting_request)
            conversation_set_dissector(conversation, nullptr);
        return verdict;
    }
    if (!awaited->client_port) {
        awaited->client_port = port;
        copy_address_wmem(wmem_file_scope(), &awaited->client, &tcp_source(pinfo));
    }
    if (verdict == Verdict::upgrade) {
        awaited->packet = pinfo->num;
        awaited->sequence = sequence;
    }
    return verdict;
}

Verdict read(tvbuff_t* tvb, packet_info* pinfo, std::uint32_t sequence) {
    auto& awaited = conversation_of(pinfo).awaited;
    if (!awaited || awaited->packet)
        return Verdict::other;
    const bool was_begun = is_begun(awaited.get());
    const auto verdict = read_next(awaited, tvb, pinfo, sequence);
    capture->begun_requests += is_begun(awaited.get()) ? 1 : 0;
    capture->begun_requests -= was_begun ? 1 : 0;
    return verdict;
}

AwaitedRequest* find_awaited(packet_info* pinfo) {
    auto* conversation = find_conversation_of(pinfo);
    return conversation ? conversation->awaited.get() : nullptr;
}

/// All of the request that ends in these bytes.
tvbuff_t* put_together(const AwaitedRequest& awaited, tvbuff_t* tvb, packet_info* pinfo, guint& before) {
    const auto size = tvb_captured_length(tvb);
    const auto bytes = awaited.request.kept();
    if (bytes.size() <= size) // TCP has done it, for the port's dissector
        return tvb;
    before = static_cast<guint>(bytes.size()) - size;
    return add_segmented_request(tvb, pinfo, bytes, tvb_reported_length(tvb) - size);
}

tvbuff_t* look_for_taken_request(tvbuff_t* payload, packet_info* pinfo, const Segment& segment) {
    guint before = 0;
    if (PINFO_FD_VISITED(pinfo)) {
        const auto* awaited = find_awaited(pinfo);
        return awaited && awaited->packet == pinfo->num ? put_together(*awaited, payload, pinfo, before) : payload;
    }
    if (find_tcp_conversation(pinfo)->setup_frame == pinfo->num) {
        const auto size = tvb_captured_length(payload);
        const std::string_view bytes(reinterpret_cast<const char*>(tvb_get_ptr(payload, 0, static_cast<int>(size))), size);
        RequestStart request;
        return request.read(bytes, 0, 0, packet_arena(pinfo)) == Verdict::upgrade ? payload : nullptr;
    }
    const auto* awaited = find_awaited(pinfo);
    return is_begun(awaited) && awaited->read != pinfo->num && read(payload, pinfo, segment.sequence) == Verdict::upgrade
               ? put_together(*awaited, payload, pinfo, before)
               : nullptr;
}

/// From its beginning: later ones would hide what another dissector sets there.
void await_from_now(conversation_t* conversation, packet_info* pinfo) {
    conversation_set_dissector(conversation, handles.awaiting_request);
    conversation_of(pinfo).awaited = std::make_unique<AwaitedRequest>();
}

} // namespace

void await_request(packet_info* pinfo) {
    const auto ports = tcp_ports(pinfo);
    const auto source = owner_of(ports.source);
    const auto destination = owner_of(ports.destination);
    if (source == Owner::stays || destination == Owner::stays || (source == Owner::none && destination == Owner::none))
        return;
    auto* conversation = tcp_conversation(pinfo);
    if (conversation->setup_frame == pinfo->num && !conversation_get_dissector(conversation, pinfo->num))
        await_from_now(conversation, pinfo);
}

void await_rest_of_request(packet_info* pinfo) {
    await_from_now(tcp_conversation(pinfo), pinfo);
}

bool awaits_rest_of_request(packet_info* pinfo) {
    return capture->begun_requests && is_begun(find_awaited(pinfo));
}

Verdict look_for_request(tvbuff_t* tvb, packet_info* pinfo, const void* tcp) {
    return read(tvb, pinfo, find_sequence(tvb, pinfo, tcp).value_or(0));
}

tvbuff_t* awaited_request(tvbuff_t* tvb, packet_info* pinfo, const void* tcp, guint& before) {
    const auto* awaited = find_awaited(pinfo);
    return awaited && awaited->packet == pinfo->num && find_sequence(tvb, pinfo, tcp).value_or(0) == awaited->sequence
               ? put_together(*awaited, tvb, pinfo, before)
               : nullptr;
}

bool dissect_taken_request(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) {
    if (pinfo->ptype != PT_TCP || pinfo->flags.in_error_pkt)
        return false;
    const bool first = !PINFO_FD_VISITED(pinfo);
    if (first && capture->asked_by_tcp == pinfo->num && capture->asked_with_get != pinfo->num && !capture->begun_requests)
        return false;
    auto* session = find_session(pinfo);
    if (first ? session != nullptr : !session || !session->find_request(pinfo->num, 0))
        return false;
    Segment segment;
    if (!find_segment(tvb, pinfo, segment) || !segment.length || segment.payload >= tvb_captured_length(tvb))
        return false;
    const bool may_begin = tvb_get_uint8(tvb, static_cast<int>(segment.payload)) == 'G';
    if (first && ((!may_begin && !capture->begun_requests) || !find_tcp_conversation(pinfo))) // the dearest question comes last
        return false;
    const auto captured = std::min(tvb_captured_length(tvb) - static_cast<guint>(segment.payload), segment.length);
    auto* payload = tvb_new_subset_length_caplen(tvb, static_cast<int>(segment.payload), static_cast<int>(captured),
                                                 static_cast<int>(segment.length));
    auto* request = look_for_taken_request(payload, pinfo, segment);
    if (!request)
        return false;
    if (first)
        conversation_set_dissector_from_frame_number(tcp_conversation(pinfo), pinfo->num + 1, handles.awaiting_response);
    const auto size = tvb_captured_length(request);
    const std::string_view bytes(reinterpret_cast<const char*>(tvb_get_ptr(request, 0, static_cast<int>(size))), size);
    return dissect_heads(request, bytes, 0, pinfo, tree, false).any;
}

} // namespace ws
