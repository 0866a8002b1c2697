// SPDX-License-Identifier: GPL-2.0-or-later
// HTTP's CONNECT tunnels. HTTP's dissector gets all packets as if we were not there, until the client has sent a whole request to
// upgrade: nothing but WebSocket looks other than without us.
#include "flow/connect_tunnel.hpp"

#include "flow/frames.hpp"
#include "flow/handshake.hpp"
#include "flow/http_conversations.hpp"
#include "state/sessions.hpp"
#include "wireshark/protocol.hpp"
#include "wireshark/tcp_ends.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ws {
namespace {

constexpr std::size_t longest_head = 65536;

struct Tunnel {
    std::uint32_t packet = 0;            ///< With CONNECT.
    dissector_handle_t before = nullptr; ///< Of the conversation; null: TCP goes by the ports.
    address client;
    guint32 client_port = 0;
    std::string head;                     ///< What the client has sent so far, if it may be the beginning of a request.
    std::uint32_t next = 0;               ///< Sequence number after that.
    std::uint32_t request_packet = 0;     ///< With the end of a request to upgrade; 0: none so far.
    const guint8* request_head = nullptr; ///< All of it, if it began in an earlier packet.
    guint32 port = 0;                     ///< Of HTTP's own conversation for it.
    bool answered = false;
    // Where the client has not waited for the answer
    std::uint32_t answer_packet = 0;
    std::size_t answer_size = 0;
};

std::vector<std::unique_ptr<Tunnel>>* tunnels = nullptr;
/// Under this number, of a field, they are kept with their conversations.
int key = -1;
int http_id = -1;
dissector_handle_t handle;
dissector_handle_t http_over_tcp;
dissector_handle_t data;

enum class Verdict : std::uint8_t { other, incomplete, upgrade };

Verdict judge(std::string_view bytes, const Arena& arena) {
    const std::string_view start = "GET /";
    if (!start.starts_with(bytes.substr(0, start.size())))
        return Verdict::other;
    HttpHead head;
    switch (parse_http_head(bytes, arena, head)) {
    case HeadResult::incomplete: return bytes.size() < longest_head ? Verdict::incomplete : Verdict::other;
    case HeadResult::complete: return is_upgrade_request(head) ? Verdict::upgrade : Verdict::other;
    default: return Verdict::other;
    }
}

/// The next bytes of the client; keeps them as long as they may be the beginning of a request.
Verdict read(Tunnel& tunnel, std::string_view bytes, std::uint32_t cut, const tcpinfo* tcp, packet_info* pinfo) noexcept {
    const bool begun = !tunnel.head.empty();
    if (begun && tcp->seq != tunnel.next)
        return static_cast<std::int32_t>(tcp->seq - tunnel.next) < 0 ? Verdict::incomplete : Verdict::other;
    if (begun)
        tunnel.head.append(bytes);
    const auto verdict = judge(begun ? std::string_view(tunnel.head) : bytes, packet_arena(pinfo));
    if (verdict == Verdict::incomplete && cut)
        return Verdict::other;
    if (verdict == Verdict::incomplete && !begun)
        tunnel.head.assign(bytes);
    tunnel.next = tcp->seq + static_cast<std::uint32_t>(bytes.size());
    if (verdict == Verdict::upgrade && begun)
        tunnel.request_head = static_cast<const guint8*>(wmem_memdup(wmem_file_scope(), tunnel.head.data(), tunnel.head.size()));
    return verdict;
}

Tunnel* find_tunnel(packet_info* pinfo) {
    auto* conversation = tunnels->empty() ? nullptr : find_tcp_conversation(pinfo);
    return conversation ? static_cast<Tunnel*>(conversation_get_proto_data(conversation, key)) : nullptr;
}

/// HTTP goes by this when it visits the packets before the tunnel again.
void tell_http_of_tunnel(conversation_t* conversation, std::uint32_t packet) {
    auto* http = static_cast<http_conv_t*>(conversation_get_proto_data(conversation, http_id));
    if (http && !http->startframe)
        http->startframe = packet;
}

void decide(Tunnel& tunnel, tvbuff_t* tvb, packet_info* pinfo, const tcpinfo* tcp) {
    const auto size = tvb_captured_length(tvb);
    const std::string_view bytes(reinterpret_cast<const char*>(tvb_get_ptr(tvb, 0, static_cast<int>(size))), size);
    auto* conversation = tcp_conversation(pinfo);
    switch (read(tunnel, bytes, tvb_reported_length(tvb) - size, tcp, pinfo)) {
    case Verdict::incomplete: break;
    case Verdict::other: conversation_set_dissector_from_frame_number(conversation, pinfo->num, tunnel.before); break;
    case Verdict::upgrade:
        tunnel.request_packet = pinfo->num;
        tunnel.port = begin_http_apart(pinfo);
        if (tunnel.answered)
            tell_http_of_tunnel(conversation, pinfo->num);
        break;
    }
}

int call(dissector_handle_t to, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* tcp) {
    // A tunnel from a port to the same one: HTTP would find us at its other end.
    static bool inside = false;
    if (inside)
        return call_dissector_only(data, tvb, pinfo, tree, nullptr);
    if (pinfo->can_desegment > 0)
        ++pinfo->can_desegment;
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
    call(http_over_tcp, tvb_new_subset_length(tvb, 0, size), pinfo, tree, tcp);
    pinfo->can_desegment = can_desegment;
    if (tvb_reported_length_remaining(tvb, size) > 0) {
        call(undecided_handle(), tvb_new_subset_remaining(tvb, size), pinfo, tree, tcp);
        if (pinfo->desegment_len)
            pinfo->desegment_offset += size;
    }
    return static_cast<int>(tvb_captured_length(tvb));
}

int dissect_request(const Tunnel& tunnel, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* tcp) {
    auto* request = tvb;
    if (tunnel.request_head) {
        const auto size = static_cast<guint>(tunnel.head.size());
        request = tvb_new_child_real_data(tvb, tunnel.request_head, size, static_cast<gint>(size));
        add_new_data_source(pinfo, request, "Request in several segments");
    }
    dissect_http_apart(request, pinfo, tree, tcp, Direction::client_to_server, tunnel.port);
    return static_cast<int>(tvb_captured_length(tvb));
}

int dissect_tunnel(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* tcp) {
    auto* tunnel = find_tunnel(pinfo);
    if (!tunnel || !tcp)
        return call(http_over_tcp, tvb, pinfo, tree, tcp);
    const bool from_client =
        tcp_ports(pinfo).source == tunnel->client_port && addresses_equal(&tcp_source(pinfo), &tunnel->client);
    const bool first = !PINFO_FD_VISITED(pinfo);
    const bool asked = tunnel->request_packet ? pinfo->num > tunnel->request_packet : find_session(pinfo) != nullptr;
    if (first && from_client && !asked)
        decide(*tunnel, tvb, pinfo, static_cast<const tcpinfo*>(tcp));
    if (pinfo->num == tunnel->request_packet)
        return dissect_request(*tunnel, tvb, pinfo, tree, tcp);
    if (first && asked && !from_client && !tunnel->answered)
        look_for_answer(*tunnel, tvb, pinfo);
    if (pinfo->num == tunnel->answer_packet)
        return dissect_answer(*tunnel, tvb, pinfo, tree, tcp);
    const bool answer_comes = !from_client && (first ? !tunnel->answered : pinfo->num < tunnel->answer_packet);
    const int length = call(asked && !answer_comes ? undecided_handle() : http_over_tcp, tvb, pinfo, tree, tcp);
    return length ? length : 1; // of nothing, at the end of the connection: else TCP would ask HTTP once more
}

} // namespace

void open_tunnel(packet_info* pinfo) {
    auto* conversation = tcp_conversation(pinfo);
    const auto now = conversation_get_dissector(conversation, pinfo->num);
    const char* name = now ? dissector_handle_get_dissector_name(now) : nullptr;
    if (find_session(pinfo) || !is_http_on_tcp(pinfo) || (now && now != handle && !(name && g_str_has_prefix(name, "http"))))
        return;
    auto* tunnel = find_tunnel(pinfo);
    if (!tunnel) {
        tunnel = tunnels->emplace_back(std::make_unique<Tunnel>()).get();
        copy_address_wmem(wmem_file_scope(), &tunnel->client, &tcp_source(pinfo));
        tunnel->client_port = tcp_ports(pinfo).source;
        conversation_add_proto_data(conversation, key, tunnel);
    }
    tunnel->packet = pinfo->num;
    if (now != handle)
        tunnel->before = now;
    conversation_set_dissector_from_frame_number(conversation, pinfo->num + 1, handle);
}

void answer_tunnel(packet_info* pinfo) {
    if (auto* tunnel = find_tunnel(pinfo))
        tunnel->answered = true;
}

bool tunnel_awaits_answer(packet_info* pinfo) {
    const auto* tunnel = find_tunnel(pinfo);
    return tunnel && !tunnel->answered && tunnel->packet < pinfo->num;
}

dissector_handle_t tunnel_handle() {
    return handle;
}

void register_tunnels() {
    handle = create_dissector_handle(dissect_tunnel, -1);
    register_init_routine([] { tunnels = new std::vector<std::unique_ptr<Tunnel>>; });
    register_cleanup_routine([] {
        delete tunnels;
        tunnels = nullptr;
    });
}

void hand_off_tunnels() {
    http_id = proto_get_id_by_filter_name("http");
    key = proto_registrar_get_id_byname("ws.handshake.url");
    http_over_tcp = find_dissector("http-over-tcp");
    data = find_dissector("data");
}

} // namespace ws
