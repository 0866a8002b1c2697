// SPDX-License-Identifier: GPL-2.0-or-later
// HTTP's CONNECT tunnels. HTTP's dissector gets all packets as if we were not there, until the client has sent a whole request to
// upgrade: nothing but WebSocket looks other than without us.
#include "flow/connect_tunnel.hpp"

#include "flow/http_conversations.hpp"
#include "state/capture.hpp"
#include "wireshark/call.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/layers.hpp"
#include "wireshark/protocol.hpp"
#include "wireshark/tcp_ends.hpp"

namespace ws {
namespace {

Tunnel* find_tunnel(packet_info* pinfo) {
    auto* conversation = find_conversation_of(pinfo);
    return conversation ? conversation->tunnel.get() : nullptr;
}

/// HTTP goes by this when it visits the packets before the tunnel again.
void tell_http_of_tunnel(conversation_t* conversation, std::uint32_t packet) {
    auto* http = static_cast<http_conv_t*>(conversation_get_proto_data(conversation, ids.http));
    if (http && !http->startframe)
        http->startframe = packet;
}

void decide(Tunnel& tunnel, tvbuff_t* tvb, packet_info* pinfo, const tcpinfo* tcp) {
    const auto size = tvb_captured_length(tvb);
    const std::string_view bytes(reinterpret_cast<const char*>(tvb_get_ptr(tvb, 0, static_cast<int>(size))), size);
    auto* conversation = tcp_conversation(pinfo);
    switch (tunnel.request.read(bytes, tvb_reported_length(tvb) - size, tcp->seq, packet_arena(pinfo))) {
    case RequestStart::Verdict::incomplete: break;
    case RequestStart::Verdict::other:
    case RequestStart::Verdict::ordinary:
        conversation_set_dissector_from_frame_number(conversation, pinfo->num, tunnel.before);
        break;
    case RequestStart::Verdict::upgrade:
        tunnel.request_packet = pinfo->num;
        tunnel.port = begin_http_conversation(pinfo);
        if (tunnel.answered)
            tell_http_of_tunnel(conversation, pinfo->num);
        break;
    }
}

int call(dissector_handle_t to, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* tcp) {
    // A tunnel from a port to the same one: HTTP would find us at its other end.
    static bool inside = false;
    if (inside)
        return call_dissector_only(handles.data, tvb, pinfo, tree, nullptr);
    keep_desegmentation(pinfo);
    volatile int length = 0;
    inside = true;
    TRY {
        length = call_dissector_only(to, tvb, pinfo, tree, tcp);
    }
    FINALLY {
        inside = false;
    }
    ENDTRY;
    return length;
}

void look_for_answer(Tunnel& tunnel, tvbuff_t* tvb, packet_info* pinfo) {
    const auto size = tvb_captured_length(tvb);
    HttpHead head;
    const std::string_view bytes(reinterpret_cast<const char*>(tvb_get_ptr(tvb, 0, static_cast<int>(size))), size);
    if (parse_http_head(bytes, packet_arena(pinfo), head) != HeadResult::complete || head.is_request || head.status / 100 != 2)
        return;
    tunnel.answered = true;
    tunnel.answer_packet = pinfo->num;
    tunnel.answer_size = head.size;
    if (tunnel.port) // else HTTP has seen the request behind CONNECT, and knows no tunnel
        tell_http_of_tunnel(tcp_conversation(pinfo), pinfo->num + 1);
}

/// The answer, and perhaps the response from inside the tunnel: HTTP takes that for a body if it has seen the request.
int dissect_answer(const Tunnel& tunnel, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* tcp) {
    const auto size = static_cast<int>(tunnel.answer_size);
    const auto can_desegment = pinfo->can_desegment;
    pinfo->can_desegment = 0;
    call(handles.http_over_tcp, tvb_new_subset_length(tvb, 0, size), pinfo, tree, tcp);
    pinfo->can_desegment = can_desegment;
    if (tvb_reported_length_remaining(tvb, size) > 0) {
        call(handles.awaiting_response, tvb_new_subset_remaining(tvb, size), pinfo, tree, tcp);
        if (pinfo->desegment_len)
            pinfo->desegment_offset += size;
    }
    return static_cast<int>(tvb_captured_length(tvb));
}

/// All of the request, which may have begun in an earlier packet.
tvbuff_t* whole_request(const Tunnel& tunnel, tvbuff_t* tvb, packet_info* pinfo) {
    const auto bytes = tunnel.request.kept();
    return bytes.empty() ? tvb : add_segmented_request(tvb, pinfo, bytes, 0);
}

} // namespace

InTunnel dissect_in_tunnel(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* tcp) {
    auto* tunnel = find_tunnel(pinfo);
    if (!tunnel || !tcp)
        return {call(handles.http_over_tcp, tvb, pinfo, tree, tcp)};
    const bool from_client =
        tcp_ports(pinfo).source == tunnel->client_port && addresses_equal(&tcp_source(pinfo), &tunnel->client);
    const bool first = !PINFO_FD_VISITED(pinfo);
    const bool asked = tunnel->request_packet ? pinfo->num > tunnel->request_packet : find_session(pinfo) != nullptr;
    if (first && from_client && !asked)
        decide(*tunnel, tvb, pinfo, static_cast<const tcpinfo*>(tcp));
    if (pinfo->num == tunnel->request_packet)
        return {static_cast<int>(tvb_captured_length(tvb)), whole_request(*tunnel, tvb, pinfo), tunnel->port};
    if (first && asked && !from_client && !tunnel->answered)
        look_for_answer(*tunnel, tvb, pinfo);
    if (pinfo->num == tunnel->answer_packet)
        return {dissect_answer(*tunnel, tvb, pinfo, tree, tcp)};
    const bool answer_comes = !from_client && (first ? !tunnel->answered : pinfo->num < tunnel->answer_packet);
    const int length = call(asked && !answer_comes ? handles.awaiting_response : handles.http_over_tcp, tvb, pinfo, tree, tcp);
    return {length ? length : 1}; // of nothing, at the end of the connection: else TCP would ask HTTP once more
}

void open_tunnel(packet_info* pinfo) {
    auto* conversation = tcp_conversation(pinfo);
    const auto now = conversation_get_dissector(conversation, pinfo->num);
    const char* name = now ? dissector_handle_get_dissector_name(now) : nullptr;
    if (find_session(pinfo) || !layers_of(pinfo).http_on_tcp ||
        (now && now != handles.connect_tunnel && !(name && g_str_has_prefix(name, "http"))))
        return;
    auto& tunnel = conversation_of(pinfo).tunnel;
    if (!tunnel) {
        tunnel = std::make_unique<Tunnel>();
        copy_address_wmem(wmem_file_scope(), &tunnel->client, &tcp_source(pinfo));
        tunnel->client_port = tcp_ports(pinfo).source;
    }
    tunnel->packet = pinfo->num;
    if (now != handles.connect_tunnel)
        tunnel->before = now;
    conversation_set_dissector_from_frame_number(conversation, pinfo->num + 1, handles.connect_tunnel);
}

void answer_tunnel(packet_info* pinfo) {
    if (auto* tunnel = find_tunnel(pinfo))
        tunnel->answered = true;
}

} // namespace ws
