// SPDX-License-Identifier: GPL-2.0-or-later
#include "subprotocols.hpp"

#include <algorithm>

namespace ws {
namespace {

constexpr Subprotocol none{};
constexpr SubprotocolName names[] = {
#define NAME(name, own, dissector, port, registered, about) {name, &(own) == &none ? nullptr : &(own), dissector, port},
#include "names.def"
#undef NAME
};

constexpr const Subprotocol* all[] = {&engineio,   &socketio, &signalr, &stomp,       &graphqlws,  &wamp,
                                      &ocpp,       &jsonrpc,  &phoenix, &actioncable, &bayeux,     &sockjs,
                                      &k8schannel, &realtime, &nats,    &yjs,         &xmppframing};
static_assert(std::size(all) <= most_subprotocols);

/// Ends in "/123/abcdefgh/websocket": three digits of the server, the session (SockJS protocol 0.3.3, "Session URLs").
bool is_session_of_sockjs(std::string_view url) {
    constexpr std::string_view end = "/websocket";
    if (!url.ends_with(end))
        return false;
    url.remove_suffix(end.size());
    const auto session = url.find_last_of('/');
    if (session == std::string_view::npos || session < 4 || session + 1 == url.size() || url[session - 4] != '/')
        return false;
    const auto server = url.substr(session - 3, 3);
    return std::all_of(server.begin(), server.end(), [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

std::span<const Subprotocol* const> all_subprotocols() {
    return all;
}

const SubprotocolName* find_subprotocol_name(std::string_view name) {
    if (name.empty())
        return nullptr;
    for (const auto& row : names)
        if (name == row.name)
            return &row;
    return nullptr;
}

const Subprotocol* subprotocol_of_url(std::string_view url) {
    static constexpr struct {
        std::string_view mark;
        const Subprotocol* of;
    } marks[] = {
        {"EIO=", &engineio},
        {"/devtools/", &jsonrpc},
        {"/session", &jsonrpc},
        {"/sockjs/", &sockjs},
        {"/socket/websocket", &phoenix},
        {"/cable", &actioncable},
        {"/cometd", &bayeux},
        {"/faye", &bayeux},
        {"/bayeux", &bayeux},
        {"/v1/realtime", &realtime},
        {"BidiGenerateContent", &realtime},
        {"/ocpp", &ocpp},
        {"/graphql", &graphqlws},
    };
    for (const auto& row : marks)
        if (url.find(row.mark) != std::string_view::npos)
            return row.of;
    return is_session_of_sockjs(url) ? &sockjs : nullptr;
}

} // namespace ws
