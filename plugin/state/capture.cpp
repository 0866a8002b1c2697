// SPDX-License-Identifier: GPL-2.0-or-later
#include "state/capture.hpp"

#include "wireshark/packet_keys.hpp"

#include "wireshark/protocol.hpp"
#include "wireshark/tcp_ends.hpp"
#include "wireshark/tcp_segment.hpp"

namespace ws {

Capture* capture = nullptr;

void open_capture() {
    capture = new Capture;
    forget_segment();
}

void close_capture() {
    delete capture;
    capture = nullptr;
    forget_tcp_conversation();
}

Conversation* find_conversation_of(packet_info* pinfo) {
    if (capture->conversations.empty())
        return nullptr;
    auto* of = find_tcp_conversation(pinfo);
    auto& [last_of, last] = capture->last_found;
    if (of && (of != last_of || !last)) {
        last_of = of;
        last = static_cast<Conversation*>(conversation_get_proto_data(of, protocol.id));
    }
    return of ? last : nullptr;
}

Conversation& conversation_of(packet_info* pinfo) {
    auto* of = tcp_conversation(pinfo);
    if (auto* known = static_cast<Conversation*>(conversation_get_proto_data(of, protocol.id)))
        return *known;
    auto& conversation = capture->conversations.emplace_back();
    conversation_add_proto_data(of, protocol.id, &conversation);
    return conversation;
}

Http2Connection* find_http2(packet_info* pinfo) {
    auto* conversation = capture->http2_connections ? find_conversation_of(pinfo) : nullptr;
    return conversation ? conversation->http2.get() : nullptr;
}

Session* find_session(packet_info* pinfo) {
    auto* conversation = capture->sessions.empty() ? nullptr : find_conversation_of(pinfo);
    return conversation ? conversation->session : nullptr;
}

void note_shown(packet_info* pinfo, const Connection& connection) {
    kept_with<const Connection*>(pinfo, packet_key::connection_shown) = &connection;
}

const Connection* connection_shown(packet_info* pinfo) {
    if (is_kept_with(pinfo, packet_key::connection_shown))
        return kept_with<const Connection*>(pinfo, packet_key::connection_shown);
    auto* session = find_session(pinfo);
    return session ? session->connection_at(pinfo->num) : nullptr;
}

std::optional<std::uint32_t> stream_shown(packet_info* pinfo) {
    if (const auto* connection = connection_shown(pinfo))
        return connection->stream;
    const auto* session = find_session(pinfo);
    const auto* opening = session ? session->opening_of(nullptr) : nullptr;
    return opening ? std::optional(opening->stream) : std::nullopt;
}

Session& session_of(packet_info* pinfo, Direction direction) {
    auto& conversation = conversation_of(pinfo);
    if (!conversation.session) {
        const bool client = direction == Direction::client_to_server;
        const auto ports = tcp_ports(pinfo);
        conversation.session = &capture->sessions.add(client ? tcp_source(pinfo) : tcp_destination(pinfo),
                                                      client ? ports.source : ports.destination);
    }
    return *conversation.session;
}

} // namespace ws
