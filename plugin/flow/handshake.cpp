// SPDX-License-Identifier: GPL-2.0-or-later
// The opening handshake. HTTP decodes it and asks nobody, on ports that it owns: so a post-dissector looks at each packet in
// which HTTP found a request or response, and reads the heads from the packet's data sources.
#include "flow/handshake.hpp"

#include "flow/connect.hpp"
#include "flow/connect_tunnel.hpp"
#include "flow/endings.hpp"
#include "flow/frames.hpp"
#include "state/open_requests.hpp"
#include "view/diagnosis_fields.hpp"
#include "view/handshake_fields.hpp"
#include "wireshark/protocol.hpp"
#include "wireshark/tcp_ends.hpp"
#include "wireshark/tcp_segment.hpp"

#include <algorithm>
#include <functional>

namespace ws {
namespace {

int http_id = -1;
int tcp_id = -1;
int tls_id = -1;
int socks_id = -1;
dissector_handle_t handle;

/// What was found so far in the packet that is being dissected; lives in its pool.
struct Seen {
    std::uint32_t heads; ///< Of requests of any kind.
    std::uint32_t requests;
    std::uint32_t responses;
    const guint8* shown; ///< The head that dissect_response_before() took care of.
    std::size_t shown_size;
    bool apart;            ///< Its heads were shown by dissect_heads_of().
    const guint8* upgrade; ///< The 101 response.
};

constexpr guint32 seen_key = 0xffffffff; // those of streams and sessions are below

Seen& seen_in(packet_info* pinfo) {
    auto* seen = static_cast<Seen*>(p_get_proto_data(pinfo->pool, pinfo, protocol.id, seen_key));
    if (!seen) {
        seen = wmem_new0(pinfo->pool, Seen);
        p_add_proto_data(pinfo->pool, pinfo, protocol.id, seen_key, seen);
    }
    return *seen;
}

struct Layers {
    bool http_on_tcp = false;   ///< The only HTTP layer lies directly on TCP,
    bool http_on_socks = false; ///< or on SOCKS.
    bool tls = false;
};

Layers look_at_layers(const packet_info* pinfo) {
    Layers layers;
    unsigned http = 0;
    int below = -1;
    for (auto* at = wmem_list_head(pinfo->layers); at; at = wmem_list_frame_next(at)) {
        const int id = GPOINTER_TO_INT(wmem_list_frame_data(at));
        if (id == http_id) {
            layers.http_on_tcp = ++http == 1 && below == tcp_id;
            layers.http_on_socks = http == 1 && below == socks_id;
        }
        layers.tls = layers.tls || id == tls_id;
        below = id;
    }
    return layers;
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
    const auto layers = look_at_layers(pinfo);
    if (!layers.http_on_tcp && !(layers.http_on_socks && to == frames_handle()))
        return;
    auto* conversation = tcp_conversation(pinfo);
    const auto now = conversation_get_dissector(conversation, pinfo->num + 1);
    const char* name = now ? dissector_handle_get_dissector_name(now) : nullptr;
    if (now == tunnel_handle() && to == undecided_handle())
        return; // the proxy's answer may be still to come
    if (!now || layers.http_on_socks || now == undecided_handle() || now == frames_handle() || now == tunnel_handle() ||
        (name && g_str_has_prefix(name, "http")))
        conversation_set_dissector_from_frame_number(conversation, pinfo->num + 1, to);
}

/// Everything of one head that outlives the C++ objects of its reading.
struct Half {
    bool is_websocket;
    Handshake handshake;
    HandshakeContext context;
};

/// Ordinary requests on this connection that will be answered first (RFC 9112 9.3.2).
std::uint32_t requests_before(packet_info* pinfo, const Seen& seen, const Session& session) {
    const auto all = std::max(open_requests(pinfo), tunnel_awaits_answer(pinfo) ? 1U : 0U) + seen.heads;
    return all > session.waiting() ? all - session.waiting() : 0;
}

Half read_request_head(const HttpHead& head, packet_info* pinfo, bool secure, Seen& seen) {
    Offer offer;
    Half half{true, read_request(head, secure, packet_arena(pinfo), offer), {}};
    RequestNotes notes;
    half.context.diagnoses = diagnose_request(head, pinfo->abs_ts.secs, read_claims, packet_arena(pinfo), notes);
    auto& session = session_of(pinfo, Direction::client_to_server);
    auto* exchange = session.find_request(pinfo->num, seen.requests);
    if (!PINFO_FD_VISITED(pinfo)) {
        const auto others = requests_before(pinfo, seen, session);
        exchange = &session.add_request(pinfo, seen.requests, offer.key);
        exchange->others_first = others;
        exchange->offer = std::move(offer);
        exchange->notes = std::move(notes);
        remember_target(exchange->notes.host, secure);
        if (!exchange->response_packet)
            take_conversation(pinfo, undecided_handle());
    }
    ++seen.requests;
    half.context.direction = Direction::client_to_server;
    half.context.stream = exchange ? exchange->stream : 0;
    half.context.other_packet = exchange ? exchange->response_packet : 0;
    return half;
}

Half read_response_head(const HttpHead& head, packet_info* pinfo, Seen& seen) {
    const auto ordinal = seen.responses++;
    auto* known = find_session(pinfo);
    const bool awaited =
        known && known->direction(pinfo) == Direction::server_to_client &&
        (PINFO_FD_VISITED(pinfo) ? known->find_response(pinfo->num, ordinal) != nullptr : known->awaits_response());
    if ((!awaited && !is_upgrade_response(head)) || head.status == 100)
        return {};
    if (!PINFO_FD_VISITED(pinfo) && head.status != 101 && known && known->is_for_another())
        return {};
    auto& session = session_of(pinfo, Direction::server_to_client);
    auto* exchange = PINFO_FD_VISITED(pinfo) ? session.find_response(pinfo->num, ordinal) : &session.add_response(pinfo, ordinal);
    if (!exchange)
        return {};
    if (const auto* accept = head.find("Sec-WebSocket-Accept"); accept && !exchange->request_captured)
        exchange->accept = accept->value;
    Half half{true, read_response(head, exchange->request_captured ? &exchange->offer : nullptr, packet_arena(pinfo)), {}};
    half.context.diagnoses =
        diagnose_response(head, half.handshake, exchange->request_captured ? &exchange->notes : nullptr, packet_arena(pinfo));
    half.context.direction = Direction::server_to_client;
    half.context.stream = exchange->stream;
    half.context.other_packet = exchange->request_captured ? exchange->request_packet : 0;
    half.context.has_time = exchange->request_captured && exchange->request_packet <= pinfo->num;
    nstime_delta(&half.context.time, &pinfo->abs_ts, &exchange->request_time);
    if (head.status == 101)
        pass_response(pinfo, exchange->stream);
    if (!PINFO_FD_VISITED(pinfo) && head.status == 101) {
        auto& upgraded =
            session.upgrade(pinfo, exchange->stream, negotiate(half.handshake.extensions, half.handshake.extensions_read),
                            half.handshake.protocols.empty() ? std::string_view{} : half.handshake.protocols[0]);
        upgraded.answered = true;
        take_conversation(pinfo, frames_handle());
    }
    return half;
}

Half read_half(const HttpHead& head, packet_info* pinfo, bool secure, Seen& seen) noexcept {
    if (!head.is_request)
        return read_response_head(head, pinfo, seen);
    const auto half = is_upgrade_request(head) ? read_request_head(head, pinfo, secure, seen) : Half{};
    ++seen.heads;
    return half;
}

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
    take_conversation(pinfo, frames_handle());
}

/// The heads in one data source, from `at` on. Returns whether anything was shown.
bool dissect_heads(tvbuff_t* tvb, std::string_view bytes, std::size_t at, packet_info* pinfo, proto_tree* tree, bool secure) {
    const auto arena = packet_arena(pinfo);
    auto* session = find_session(pinfo);
    bool found = false;
    bool first = true;
    while (at < bytes.size() && g_ascii_isalpha(bytes[at])) {
        if (watch_connect(tvb, static_cast<int>(at), bytes.substr(at), pinfo, tree))
            return true;
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
        auto& seen = seen_in(pinfo);
        const auto* begin = reinterpret_cast<const guint8*>(bytes.data()) + at;
        // Out of order, it is in the packet and also in what TCP has put together.
        if (seen.shown && seen.shown_size == head.size && std::equal(begin, begin + head.size, seen.shown))
            return true;
        if (const Half half = read_half(head, pinfo, secure, seen); half.is_websocket) {
            static_assert(std::is_trivially_destructible_v<Half>);
            found = true;
            add_handshake(tree, pinfo, tvb, static_cast<int>(at), bytes.substr(at, head.size), half.handshake, half.context);
            if (half.handshake.status == 101) {
                seen.upgrade = begin;
                dissect_after_response(tvb, static_cast<int>(at + head.size), pinfo, tree);
                break;
            }
        }
        at += size;
    }
    return found;
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

bool dissect_sources(packet_info* pinfo, proto_tree* tree) {
    auto& seen = seen_in(pinfo);
    if (seen.apart)
        return true;
    const bool tls = look_at_layers(pinfo).tls;
    bool found = false;
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
            dissect_after_response(tvb, 0, pinfo, tree);
            continue;
        }
        if (size < 16)
            continue;
        // A data source of its own (reassembled, decrypted) begins with the message; a frame has the headers of other layers
        // before it.
        const auto at = source == pinfo->data_src || !g_ascii_isalpha(bytes[0]) ? find_tcp_payload(bytes, pinfo) : 0;
        if (at != std::string_view::npos)
            found = dissect_heads(tvb, bytes, at, pinfo, tree, tls) || found;
        const auto* begin = reinterpret_cast<const guint8*>(bytes.data());
        upgraded = seen.upgrade && !std::less()(seen.upgrade, begin) && std::less()(seen.upgrade, begin + size);
    }
    return found;
}

/// Every packet, after all other dissectors.
int dissect_after_all(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void*) {
    if (!protocol.take_over)
        return 0;
    // HTTP keeps this for each packet in which it has dissected a head, and did not put it off until its body is complete.
    const auto* http = static_cast<const http_req_res_t*>(p_get_proto_data(wmem_file_scope(), pinfo, http_id, 0));
    const bool handshake = http && dissect_sources(pinfo, tree);
    if (http && !PINFO_FD_VISITED(pinfo))
        count_http_message(pinfo, *http);
    if (pinfo->ptype != PT_TCP || pinfo->flags.in_error_pkt)
        return handshake;
    auto* session = find_session(pinfo);
    const bool frames = dissect_unclaimed(tvb, pinfo, tree, session);
    const bool ending = watch_transport(tvb, pinfo, tree, frames ? find_session(pinfo) : session);
    return handshake || frames || ending;
}

} // namespace

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
    auto& seen = seen_in(pinfo);
    const auto* start = reinterpret_cast<const guint8*>(bytes.data()) + begin;
    if (seen.shown == start)
        return true;
    seen.shown = start;
    seen.shown_size = head.size;
    seen.upgrade = start;
    const Half half = read_half(head, pinfo, look_at_layers(pinfo).tls, seen);
    if (half.is_websocket)
        add_handshake(tree, pinfo, source, static_cast<int>(begin), bytes.substr(begin, head.size), half.handshake, half.context);
    return true;
}

bool is_http_on_tcp(const packet_info* pinfo) {
    return look_at_layers(pinfo).http_on_tcp;
}

void dissect_heads_of(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) {
    seen_in(pinfo).apart = true;
    auto* source = tvb_get_ds_tvb(tvb);
    const auto begin = static_cast<std::size_t>(tvb_raw_offset(tvb));
    const auto size = begin + tvb_captured_length(tvb);
    const std::string_view bytes(reinterpret_cast<const char*>(tvb_get_ptr(source, 0, static_cast<int>(size))), size);
    dissect_heads(source, bytes, begin, pinfo, tree, look_at_layers(pinfo).tls);
}

void register_handshake_dissector() {
    handle = create_dissector_handle(dissect_after_all, protocol.id);
    register_postdissector(handle);
}

void hand_off_handshake_dissector() {
    http_id = proto_get_id_by_filter_name("http");
    tcp_id = proto_get_id_by_filter_name("tcp");
    tls_id = proto_get_id_by_filter_name("tls");
    socks_id = proto_get_id_by_filter_name("socks");
}

} // namespace ws
