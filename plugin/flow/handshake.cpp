// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow/handshake.hpp"

#include "flow/connect.hpp"
#include "flow/handshake_half.hpp"
#include "state/capture.hpp"
#include "state/open_requests.hpp"
#include "wireshark/conversations.hpp"
#include "wireshark/layers.hpp"
#include "wireshark/packet_keys.hpp"

#include <algorithm>

namespace ws {
namespace {

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

/// Ordinary requests on this connection that will be answered first (RFC 9112 9.3.2).
std::uint32_t requests_before(packet_info* pinfo, const HeadsFound& found, const Session& session) {
    const auto all = open_requests(pinfo) + found.requests;
    return all > session.waiting() ? all - session.waiting() : 0;
}

HandshakeHalf read_request_head(const HttpHead& head, packet_info* pinfo, bool secure, HeadsFound& found) {
    auto& session = session_of(pinfo, Direction::client_to_server);
    const auto ordinal = found.upgrade_requests++;
    const auto half = read_request_half(head, pinfo, session, ordinal, requests_before(pinfo, found, session), secure);
    if (!PINFO_FD_VISITED(pinfo)) {
        remember_target(half.opening->terms->notes.host, secure);
        if (!half.opening->response_packet)
            let_response_follow(pinfo);
    }
    return half;
}

HandshakeHalf read_response_head(const HttpHead& head, std::string_view body, packet_info* pinfo, HeadsFound& found) {
    const auto ordinal = found.responses++;
    auto* known = find_session(pinfo);
    const bool awaited =
        known && known->direction(pinfo) == Direction::server_to_client &&
        (PINFO_FD_VISITED(pinfo) ? known->find_response(pinfo->num, ordinal) != nullptr : known->awaits_response());
    if ((!awaited && !is_upgrade_response(head)) || head.status == 100)
        return {};
    if (!PINFO_FD_VISITED(pinfo) && head.status != 101 && known && known->is_for_another())
        return {};
    const auto half = read_response_half(head, body, pinfo, session_of(pinfo, Direction::server_to_client), ordinal);
    if (half.opening && head.status == 101)
        pass_response(pinfo, half.opening->stream);
    if (half.begins) {
        half.begins->answered = true;
        let_frames_follow(pinfo);
    }
    return half;
}

/// `body`: as much as there is of it.
HandshakeHalf read_half(const HttpHead& head, std::string_view body, packet_info* pinfo, bool secure, HeadsFound& found) {
    if (!head.is_request)
        return read_response_head(head, body, pinfo, found);
    const auto half = is_upgrade_request(head) ? read_request_head(head, pinfo, secure, found) : HandshakeHalf{};
    ++found.requests;
    return half;
}

} // namespace

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
            if (!PINFO_FD_VISITED(pinfo) && tvb_captured_length(tvb) < tvb_reported_length(tvb))
                upgrade_by_cut_response(bytes.substr(at), pinfo);
            break;
        }
        const auto size =
            head.size + static_cast<std::size_t>(body_of(head).size); // chunks are not followed: no handshake has any
        if (!first && size > bytes.size() - at)                       // HTTP waits for the rest of the body
            break;
        first = false;
        auto& found = heads_in(pinfo);
        const auto* begin = reinterpret_cast<const guint8*>(bytes.data()) + at;
        // Out of order, it is in the packet and also in what TCP has put together.
        if (found.shown && found.shown_size == head.size && std::equal(begin, begin + head.size, found.shown)) {
            shown.any = true;
            break;
        }
        if (const auto half = read_half(head, bytes.substr(at + head.size), pinfo, secure, found); half.is_websocket) {
            shown.any = true;
            show_half(tree, pinfo, tvb, at, bytes.substr(at, head.size), half, false);
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
    const auto half = read_half(head, {}, pinfo, has_tls(pinfo), found);
    if (half.is_websocket)
        show_half(tree, pinfo, source, begin, bytes.substr(begin, head.size), half, false);
    return true;
}

Place dissect_heads_of(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) {
    heads_in(pinfo).in_own_conversation = true;
    auto* source = tvb_get_ds_tvb(tvb);
    const auto begin = static_cast<std::size_t>(tvb_raw_offset(tvb));
    const auto size = begin + tvb_captured_length(tvb);
    const std::string_view bytes(reinterpret_cast<const char*>(tvb_get_ptr(source, 0, static_cast<int>(size))), size);
    return dissect_heads(source, bytes, begin, pinfo, tree, has_tls(pinfo)).frames;
}

} // namespace ws
