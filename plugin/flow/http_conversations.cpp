// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow/http_conversations.hpp"

#include "dissector/ending_diagnosis.hpp"
#include "dissector/head_start.hpp"
#include "dissector/quote.hpp"
#include "flow/verdict.hpp"
#include "state/capture.hpp"
#include "wireshark/call.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/layers.hpp"
#include "wireshark/protocol.hpp"

#include <algorithm>

namespace ws {
namespace {

/// How many of these bytes are for HTTP: of a request to upgrade its head, as frames come behind it if it was captured late; 0:
/// it is no head that says more than how it begins, as far as it is there.
std::size_t length_for_http(std::string_view bytes, bool upgrade_only, const Arena& arena) {
    HttpHead head;
    const auto result = parse_http_head(bytes, arena, head);
    if (result != HeadResult::complete)
        return result == HeadResult::incomplete ? bytes.size() : 0;
    const bool upgrade = is_upgrade_request(head);
    return head.is_request && upgrade ? head.size : upgrade_only ? 0 : bytes.size();
}

/// What an HTTP response says that nobody asked for; empty: it is none.
std::string words_of_response(std::string_view bytes, const Arena& arena) {
    HttpHead head;
    if (parse_http_head(bytes, arena, head) != HeadResult::complete || head.is_request || head.status < 200)
        return {};
    const auto body = head.find("Content-Encoding") ? std::string() : quote_body(bytes.substr(head.size));
    return std::to_string(head.status) + " " + quote(head.reason.substr(0, 40)) + (body.empty() ? "" : ", \"" + body + "\"");
}

/// A response stands where the server's frames belong.
void note_http(Session& session, const Connection& connection, std::string_view bytes, packet_info* pinfo) {
    if (const auto words = words_of_response(bytes, packet_arena(pinfo)); !words.empty())
        note_findings(session, pinfo, connection.stream, {diagnose_http_in_frames(words)});
}

std::optional<HttpConversations::Part> look_for_http(Session& session, const Connection& connection, const StreamData& piece,
                                                     packet_info* pinfo) {
    auto& http = session.http;
    const bool request = piece.direction == Direction::client_to_server;
    const std::string_view start = request ? "GET /" : "HTTP/1.";
    const bool expected = request || http.open;
    if (!expected && !as_text(piece.bytes).starts_with(start)) // a server that answers in HTTP begins a segment with it
        return std::nullopt;
    const auto boundary = connection.decoder.first_boundary(piece);
    const auto found = boundary ? find_head_start(piece.bytes, *boundary, start) : std::nullopt;
    if (!found)
        return std::nullopt;
    if (!found->whole && (!pinfo->can_desegment || !expected))
        return std::nullopt;
    const bool upgrade_only = request && !connection.decoder.closed(piece.direction); // no frame follows a Close frame
    const auto rest = piece.bytes.subspan(found->offset);
    const auto length = found->whole ? length_for_http(as_text(rest), upgrade_only, packet_arena(pinfo)) : rest.size();
    if (!length)
        return std::nullopt;
    if (!expected)
        note_http(session, connection, as_text(rest), pinfo);
    const auto port = found->whole ? http.begin(pinfo->num, capture->new_port()) : 0;
    return HttpConversations::Part{pinfo->num, connection.stream, piece.ordinal, piece.bytes.size(), found->offset, length, port};
}

guint32& server_port(packet_info* pinfo, Direction direction) {
    return direction == Direction::client_to_server ? pinfo->destport : pinfo->srcport;
}

} // namespace

HttpPart find_http_part(Session& session, const Connection& connection, const StreamData& piece, packet_info* pinfo) {
    auto& parts = session.http.parts;
    if (!PINFO_FD_VISITED(pinfo)) {
        const auto part = look_for_http(session, connection, piece, pinfo);
        if (!part)
            return {};
        parts.push_back(*part);
        return {true, part->offset, part->length, part->port};
    }
    auto it = std::lower_bound(parts.begin(), parts.end(), pinfo->num,
                               [](const HttpConversations::Part& part, std::uint32_t packet) { return part.packet < packet; });
    for (; it != parts.end() && it->packet == pinfo->num; ++it)
        if (it->stream == connection.stream && it->ordinal == piece.ordinal && it->size == piece.bytes.size())
            return {true, it->offset, it->length, it->port};
    return {};
}

guint32 begin_http_conversation(packet_info* pinfo) {
    return session_of(pinfo, Direction::client_to_server).http.begin(pinfo->num, capture->new_port());
}

bool call_http_in_own_conversation(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* tcp, Direction direction,
                                   guint32 port) {
    const volatile guint32 kept = server_port(pinfo, direction); // also after a longjmp
    const auto to = has_tls(pinfo) ? handles.http_over_tls : handles.http_over_tcp;
    keep_desegmentation(pinfo);
    server_port(pinfo, direction) = port;
    TRY {
        call_dissector_only(to, tvb, pinfo, tree, tcp);
    }
    FINALLY {
        server_port(pinfo, direction) = kept;
    }
    ENDTRY;
    return !pinfo->desegment_len || pinfo->desegment_offset > 0;
}

} // namespace ws
