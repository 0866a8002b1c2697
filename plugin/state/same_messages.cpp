// SPDX-License-Identifier: GPL-2.0-or-later
#include "state/same_messages.hpp"

#include "state/proxied.hpp"
#include "wireshark/tcp_ends.hpp"

namespace ws {
namespace {

/// Many clients of one server may be sent the same: so many are compared, and so many remembered.
constexpr std::size_t most_alike = 16, most_seen = 10000;

std::string bytes_of(const address& of) {
    return {static_cast<const char*>(of.data), static_cast<std::size_t>(of.len)};
}

} // namespace

bool SameMessages::is_passed_on(const Seen& client_leg, const Seen& server_leg) {
    if (client_leg.server_address != server_leg.client_address) // the proxy
        return false;
    if (client_leg.server_address == server_leg.server_address && client_leg.server_port == server_leg.server_port)
        return false; // two clients of one server
    return client_leg.from == Direction::client_to_server ? client_leg.trail.comes_before(server_leg.trail)
                                                          : server_leg.trail.comes_before(client_leg.trail);
}

void SameMessages::add(const MessageTrail& trail, Direction from, const packet_info* pinfo, Session& session,
                       const Connection& connection, Proxied& proxied) {
    auto* opening = session.opening_of_stream(connection.stream);
    if (!opening || opening->pair)
        return;
    const bool by_client = from == Direction::client_to_server;
    const auto ports = tcp_ports(pinfo);
    Seen now{&session,
             opening,
             trail,
             from,
             bytes_of(by_client ? tcp_source(pinfo) : tcp_destination(pinfo)),
             bytes_of(by_client ? tcp_destination(pinfo) : tcp_source(pinfo)),
             by_client ? ports.destination : ports.source};
    auto [at, end] = seen_.equal_range(trail.key());
    std::size_t alike = 0;
    for (; at != end && alike < most_alike; ++at, ++alike) {
        const auto& before = at->second;
        if (before.session == &session || before.from != from || before.opening->pair)
            continue;
        const bool this_is_upstream = before.opening->request_packet < opening->request_packet;
        const auto& client_leg = this_is_upstream ? before : now;
        const auto& server_leg = this_is_upstream ? now : before;
        if (is_passed_on(client_leg, server_leg)) {
            proxied.link(*client_leg.session, *client_leg.opening, *server_leg.session, *server_leg.opening);
            seen_.erase(at);
            return;
        }
    }
    if (alike == most_alike)
        return;
    if (seen_.size() == most_seen)
        seen_.clear();
    seen_.emplace(trail.key(), std::move(now));
}

} // namespace ws
