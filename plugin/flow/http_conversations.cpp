// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow/http_conversations.hpp"

#include "dissector/head_start.hpp"
#include "flow/handshake.hpp"
#include "state/sessions.hpp"
#include "wireshark/protocol.hpp"

#include <algorithm>

namespace ws {
namespace {

int tls_id = -1;
dissector_handle_t http_over_tcp;
dissector_handle_t http_over_tls;

/// A head that says more than how it begins, as far as it is there.
bool is_head(std::string_view bytes, bool upgrade_only, const Arena& arena) {
    HttpHead head;
    const auto result = parse_http_head(bytes, arena, head);
    return result == HeadResult::incomplete || (result == HeadResult::complete && (!upgrade_only || is_upgrade_request(head)));
}

std::optional<HttpApart::Part> look_for_http(HttpApart& http, const Upgraded& upgraded, const Piece& piece,
                                             packet_info* pinfo) noexcept {
    const bool request = piece.direction == Direction::client_to_server;
    const std::string_view start = request ? "GET /" : "HTTP/1.";
    if (!request && !http.open)
        return std::nullopt;
    const auto border = upgraded.connection.first_border(piece);
    const auto found = border ? find_head_start(piece.bytes, *border, start) : std::nullopt;
    if (!found)
        return std::nullopt;
    if (!found->whole && !pinfo->can_desegment)
        return std::nullopt;
    const bool upgrade_only = request && !upgraded.connection.closed(piece.direction); // no frame follows a Close frame
    if (found->whole && !is_head(as_text(piece.bytes.subspan(found->offset)), upgrade_only, packet_arena(pinfo)))
        return std::nullopt;
    const auto port = found->whole ? http.begin(pinfo->num) : 0;
    return HttpApart::Part{pinfo->num, upgraded.stream, piece.ordinal, piece.bytes.size(), found->offset, port};
}

guint32& server_port(packet_info* pinfo, Direction direction) {
    return direction == Direction::client_to_server ? pinfo->destport : pinfo->srcport;
}

bool has_tls(const packet_info* pinfo) {
    for (auto* at = wmem_list_tail(pinfo->layers); at; at = wmem_list_frame_prev(at))
        if (GPOINTER_TO_INT(wmem_list_frame_data(at)) == tls_id)
            return true;
    return false;
}

} // namespace

guint32 HttpApart::port_at(std::uint32_t packet) const {
    const auto after = std::upper_bound(conversations.begin(), conversations.end(), packet,
                                        [](std::uint32_t number, const Conversation& c) { return number < c.from_packet; });
    return after == conversations.begin() ? 0 : (after - 1)->port;
}

guint32 HttpApart::begin(std::uint32_t packet) {
    if (!open)
        conversations.push_back({packet, new_port()});
    open = true;
    return conversations.back().port;
}

const HttpApart::Part* find_http_part(Session& session, const Upgraded& upgraded, const Piece& piece, packet_info* pinfo) {
    auto& parts = session.http.parts;
    if (!PINFO_FD_VISITED(pinfo)) {
        const auto part = look_for_http(session.http, upgraded, piece, pinfo);
        return part ? &parts.emplace_back(*part) : nullptr;
    }
    auto it = std::lower_bound(parts.begin(), parts.end(), pinfo->num,
                               [](const HttpApart::Part& part, std::uint32_t packet) { return part.packet < packet; });
    for (; it != parts.end() && it->packet == pinfo->num; ++it)
        if (it->stream == upgraded.stream && it->ordinal == piece.ordinal && it->size == piece.bytes.size())
            return &*it;
    return nullptr;
}

guint32 begin_http_apart(packet_info* pinfo) {
    return session_of(pinfo, Direction::client_to_server).http.begin(pinfo->num);
}

void dissect_http_apart(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* tcp, Direction direction, guint32 port) {
    const volatile guint32 kept = server_port(pinfo, direction); // also after a longjmp
    const auto to = has_tls(pinfo) ? http_over_tls : http_over_tcp;
    if (pinfo->can_desegment > 0)
        ++pinfo->can_desegment; // each call takes one away, and HTTP is to have the same service as if called by the caller
    server_port(pinfo, direction) = port;
    TRY {
        call_dissector_only(to, tvb, pinfo, tree, tcp);
    }
    FINALLY {
        server_port(pinfo, direction) = kept;
    }
    ENDTRY;
    if (!pinfo->desegment_len || pinfo->desegment_offset > 0) // else HTTP waits for more
        dissect_heads_of(tvb, pinfo, tree);
}

void hand_off_http_apart() {
    tls_id = proto_get_id_by_filter_name("tls");
    http_over_tcp = find_dissector("http-over-tcp");
    http_over_tls = find_dissector("http-over-tls");
}

} // namespace ws
