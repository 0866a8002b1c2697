// SPDX-License-Identifier: GPL-2.0-or-later
// The opening handshake. HTTP decodes it and asks nobody, on ports that it owns: so each packet in which HTTP found a request or
// response comes by here afterwards, and the heads are read from its data sources.
#include "flow/handshake.hpp"

#include "flow/connect.hpp"
#include "flow/connect_tunnel.hpp"
#include "flow/handshake_half.hpp"
#include "state/capture.hpp"
#include "state/open_requests.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/layers.hpp"
#include "wireshark/packet_keys.hpp"
#include "wireshark/tcp_ends.hpp"
#include "wireshark/tcp_segment.hpp"

#include <algorithm>
#include <functional>

namespace ws {
namespace {

/// What was found so far in the packet that is being dissected.
struct HeadsFound {
    std::uint32_t requests; ///< Of any kind.
    std::uint32_t upgrade_requests;
    std::uint32_t responses;
    const guint8* shown; ///< The head that dissect_response_before() took care of.
    std::size_t shown_size;
    bool in_own_conversation; ///< Its heads were shown by dissect_heads_of().
    const guint8* upgrade;    ///< The 101 response.
};

HeadsFound& heads_in(packet_info* pinfo) {
    return kept_with<HeadsFound>(pinfo, packet_key::heads_found);
}

/// Cheap: most heads have nothing to do with WebSocket.
bool mentions_websocket(std::string_view head) {
    for (auto end = head.find('\n'); end != std::string_view::npos; end = head.find('\n')) {
        head.remove_prefix(end + 1);
        if (head.empty() || head[0] == '\r' || head[0] == '\n')
            return false;
        if (equal_ignoring_case(head.substr(0, 14), "Sec-WebSocket-") || equal_ignoring_case(head.substr(0, 8), "Upgrade:"))
            return true;
    }
    return false;
}

/// After a TCP header with this packet's ports, in the bytes of a whole frame or IP datagram; npos if there is none.
std::size_t find_tcp_payload(std::string_view bytes, const packet_info* pinfo) {
    if (const auto payload = find_payload(as_bytes(bytes), pinfo))
        return payload < bytes.size() && g_ascii_isalpha(bytes[payload]) ? payload : std::string_view::npos;
    const auto [source, destination] = tcp_ports(pinfo);
    const char ports[] = {static_cast<char>(source >> 8), static_cast<char>(source), static_cast<char>(destination >> 8),
                          static_cast<char>(destination)};
    for (auto at = bytes.find({ports, 4}); at != std::string_view::npos; at = bytes.find({ports, 4}, at + 1)) {
        if (at + 20 > bytes.size())
            break;
        const auto header = static_cast<std::size_t>(static_cast<unsigned char>(bytes[at + 12]) >> 4) * 4;
        if (header >= 20 && at + header < bytes.size() && g_ascii_isalpha(bytes[at + header]))
            return at + header;
    }
    return std::string_view::npos;
}

/// Frames follow from the next packet on. On plain TCP we then ask for them directly: HTTP in between would cost time and hide
/// the sequence numbers. Inside TLS HTTP goes on handing them over.
void take_conversation(packet_info* pinfo, dissector_handle_t to) {
    const auto layers = layers_of(pinfo);
    if (!layers.http_on_tcp && !(layers.http_on_socks && to == handles.frames))
        return;
    auto* conversation = tcp_conversation(pinfo);
    const auto now = conversation_get_dissector(conversation, pinfo->num + 1);
    const char* name = now ? dissector_handle_get_dissector_name(now) : nullptr;
    if (now == handles.connect_tunnel && to == handles.awaiting_response)
        return; // the proxy's answer may be still to come
    if (!now || layers.http_on_socks || now == handles.awaiting_response || now == handles.frames ||
        now == handles.connect_tunnel || (name && g_str_has_prefix(name, "http")))
        conversation_set_dissector_from_frame_number(conversation, pinfo->num + 1, to);
}

/// Ordinary requests on this connection that will be answered first (RFC 9112 9.3.2).
std::uint32_t requests_before(packet_info* pinfo, const HeadsFound& found, const Session& session) {
    const auto all = std::max(open_requests(pinfo), tunnel_awaits_answer(pinfo) ? 1U : 0U) + found.requests;
    return all > session.waiting() ? all - session.waiting() : 0;
}

HandshakeHalf read_request_head(const HttpHead& head, packet_info* pinfo, bool secure, HeadsFound& found) {
    auto& session = session_of(pinfo, Direction::client_to_server);
    const auto ordinal = found.upgrade_requests++;
    const auto half = read_request_half(head, pinfo, session, ordinal, requests_before(pinfo, found, session), secure);
    if (!PINFO_FD_VISITED(pinfo)) {
        remember_target(half.exchange->notes.host, secure);
        if (!half.exchange->response_packet)
            take_conversation(pinfo, handles.awaiting_response);
    }
    return half;
}

HandshakeHalf read_response_head(const HttpHead& head, packet_info* pinfo, HeadsFound& found) {
    const auto ordinal = found.responses++;
    auto* known = find_session(pinfo);
    const bool awaited =
        known && known->direction(pinfo) == Direction::server_to_client &&
        (PINFO_FD_VISITED(pinfo) ? known->find_response(pinfo->num, ordinal) != nullptr : known->awaits_response());
    if ((!awaited && !is_upgrade_response(head)) || head.status == 100)
        return {};
    if (!PINFO_FD_VISITED(pinfo) && head.status != 101 && known && known->is_for_another())
        return {};
    const auto half = read_response_half(head, pinfo, session_of(pinfo, Direction::server_to_client), ordinal);
    if (half.exchange && head.status == 101)
        pass_response(pinfo, half.exchange->stream);
    if (half.begins) {
        half.begins->answered = true;
        take_conversation(pinfo, handles.frames);
    }
    return half;
}

HandshakeHalf read_half(const HttpHead& head, packet_info* pinfo, bool secure, HeadsFound& found) noexcept {
    if (!head.is_request)
        return read_response_head(head, pinfo, found);
    const auto half = is_upgrade_request(head) ? read_request_head(head, pinfo, secure, found) : HandshakeHalf{};
    ++found.requests;
    return half;
}

/// What was shown of a run of heads, and where frames follow the 101 response that ended it; nowhere: `tvb` null.
struct HeadsShown {
    bool any = false;
    Place frames{};
};

/// As much of a 101 response as the snap length left: it upgrades to WebSocket.
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

/// Frames follow, of which no more is known.
void upgrade_by_cut_response(packet_info* pinfo) noexcept {
    auto& session = session_of(pinfo, Direction::server_to_client);
    if (session.upgraded_at(pinfo->num))
        return;
    auto& connection = session.upgrade_unanswered(pinfo).connection;
    connection.begin(Direction::client_to_server);
    connection.begin(Direction::server_to_client);
    take_conversation(pinfo, handles.frames);
}

/// The heads in one data source, from `at` on.
HeadsShown dissect_heads(tvbuff_t* tvb, std::string_view bytes, std::size_t at, packet_info* pinfo, proto_tree* tree,
                         bool secure) {
    const auto arena = packet_arena(pinfo);
    auto* session = find_session(pinfo);
    HeadsShown shown;
    bool first = true;
    while (at < bytes.size() && g_ascii_isalpha(bytes[at])) {
        if (watch_connect(tvb, static_cast<int>(at), bytes.substr(at), pinfo, tree)) {
            shown.any = true;
            break;
        }
        const bool connect = bytes.substr(at).starts_with("CONNECT ");
        if (!connect && !mentions_websocket(bytes.substr(at)) &&
            !(session && (session->awaits_response() || PINFO_FD_VISITED(pinfo))))
            break;
        HttpHead head;
        if (parse_http_head(bytes.substr(at), arena, head) != HeadResult::complete) {
            if (!PINFO_FD_VISITED(pinfo) && tvb_captured_length(tvb) < tvb_reported_length(tvb) &&
                is_cut_response(bytes.substr(at)))
                upgrade_by_cut_response(pinfo);
            break;
        }
        const auto size = head.size + static_cast<std::size_t>(body_of(head).size); // chunks are not followed: no handshake has any
        if (!first && size > bytes.size() - at) // HTTP waits for the rest of the body
            break;
        first = false;
        auto& found = heads_in(pinfo);
        const auto* begin = reinterpret_cast<const guint8*>(bytes.data()) + at;
        // Out of order, it is in the packet and also in what TCP has put together.
        if (found.shown && found.shown_size == head.size && std::equal(begin, begin + head.size, found.shown)) {
            shown.any = true;
            break;
        }
        if (const auto half = read_half(head, pinfo, secure, found); half.is_websocket) {
            static_assert(std::is_trivially_destructible_v<HandshakeHalf>);
            shown.any = true;
            add_handshake(tree, pinfo, tvb, static_cast<int>(at), bytes.substr(at, head.size), half.handshake, half.context);
            if (half.handshake.status == 101) {
                found.upgrade = begin;
                if (const auto end = static_cast<int>(at + head.size); tvb_reported_length_remaining(tvb, end) > 0)
                    shown.frames = {tvb, end};
                break;
            }
        }
        at += size;
    }
    return shown;
}

/// A record of TLS after that with the response, in the same packet. HTTP goes by the packet's number and takes it for more of
/// its own; it waits for the next one if this could be the beginning of a line.
bool is_overlooked(std::string_view record) {
    return !record.empty() && (!g_ascii_isprint(record[0]) || record.find('\n') != std::string_view::npos);
}

bool is_tls_record(const struct data_source* source) {
    char* name = get_data_source_description(source);
    const bool is_record = g_str_has_prefix(name, "Decrypted TLS");
    wmem_free(nullptr, name);
    return is_record;
}

} // namespace

bool dissect_heads_of_packet(packet_info* pinfo, proto_tree* tree, List<Place>& frames) {
    auto& found = heads_in(pinfo);
    if (found.in_own_conversation)
        return true;
    const bool tls = layers_of(pinfo).tls;
    bool any = false;
    bool upgraded = false;
    for (auto* source = pinfo->data_src; source; source = g_slist_next(source)) {
        auto* tvb = get_data_source_tvb(static_cast<struct data_source*>(source->data));
        const auto size = tvb_captured_length(tvb);
        const std::string_view bytes(reinterpret_cast<const char*>(tvb_get_ptr(tvb, 0, static_cast<int>(size))), size);
        if (upgraded && tls) {
            if (!is_tls_record(static_cast<struct data_source*>(source->data)))
                continue;
            if (!is_overlooked(bytes))
                break;
            frames.push_back(packet_arena(pinfo), {tvb, 0});
            continue;
        }
        if (size < 16)
            continue;
        // A data source of its own (reassembled, decrypted) begins with the message; a frame has the headers of other layers
        // before it.
        const auto at = source == pinfo->data_src || !g_ascii_isalpha(bytes[0]) ? find_tcp_payload(bytes, pinfo) : 0;
        if (at != std::string_view::npos) {
            const auto shown = dissect_heads(tvb, bytes, at, pinfo, tree, tls);
            any = any || shown.any;
            if (shown.frames.tvb)
                frames.push_back(packet_arena(pinfo), shown.frames);
        }
        const auto* begin = reinterpret_cast<const guint8*>(bytes.data());
        upgraded = found.upgrade && !std::less()(found.upgrade, begin) && std::less()(found.upgrade, begin + size);
    }
    return any;
}

bool dissect_response_before(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) {
    auto* source = tvb_get_ds_tvb(tvb);
    const auto end = static_cast<std::size_t>(tvb_raw_offset(tvb));
    const auto size = tvb_captured_length(source);
    const std::string_view bytes(reinterpret_cast<const char*>(tvb_get_ptr(source, 0, static_cast<int>(size))), size);
    const auto begin = bytes.substr(0, end).rfind("HTTP/1.");
    HttpHead head;
    if (begin == std::string_view::npos ||
        parse_http_head(bytes.substr(begin), packet_arena(pinfo), head) != HeadResult::complete || head.is_request ||
        head.status != 101 || begin + head.size < end)
        return true;
    if (begin + head.size > end) // HTTP does not know folded lines
        return false;
    auto& found = heads_in(pinfo);
    const auto* start = reinterpret_cast<const guint8*>(bytes.data()) + begin;
    if (found.shown == start)
        return true;
    found.shown = start;
    found.shown_size = head.size;
    found.upgrade = start;
    const auto half = read_half(head, pinfo, layers_of(pinfo).tls, found);
    if (half.is_websocket)
        add_handshake(tree, pinfo, source, static_cast<int>(begin), bytes.substr(begin, head.size), half.handshake, half.context);
    return true;
}

Place dissect_heads_of(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) {
    heads_in(pinfo).in_own_conversation = true;
    auto* source = tvb_get_ds_tvb(tvb);
    const auto begin = static_cast<std::size_t>(tvb_raw_offset(tvb));
    const auto size = begin + tvb_captured_length(tvb);
    const std::string_view bytes(reinterpret_cast<const char*>(tvb_get_ptr(source, 0, static_cast<int>(size))), size);
    return dissect_heads(source, bytes, begin, pinfo, tree, layers_of(pinfo).tls).frames;
}

} // namespace ws
