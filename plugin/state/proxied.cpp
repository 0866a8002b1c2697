// SPDX-License-Identifier: GPL-2.0-or-later
#include "state/proxied.hpp"

#include "wireshark/tcp_ends.hpp"

namespace ws {
namespace {

std::string server_of(const packet_info* pinfo) {
    const auto& to = tcp_destination(pinfo);
    return std::string(static_cast<const char*>(to.data), static_cast<std::size_t>(to.len)) +
           std::to_string(tcp_ports(pinfo).destination);
}

} // namespace

void Proxied::add(std::string_view key, const packet_info* pinfo, Session& session, OpeningHandshake& opening) {
    if (key.empty())
        return;
    const auto server = server_of(pinfo);
    auto [at, is_first] = waiting_.try_emplace(std::string(key), Waiting{&session, &opening, server});
    auto& first = at->second;
    if (is_first || first.server == server) // that is no proxy, but a key that is used again
        return;
    if (first.session != &session && !first.opening->pair)
        link(*first.session, *first.opening, session, opening);
    first = {&session, &opening, server}; // a chain of proxies goes on from here
}

void Proxied::answered(std::string_view key, const OpeningHandshake& opening) {
    const auto at = waiting_.find(std::string(key));
    if (at == waiting_.end())
        return;
    if (at->second.opening == &opening || (at->second.opening->pair && at->second.opening->pair->openings[0] == &opening))
        waiting_.erase(at);
}

void Proxied::link(Session& client, OpeningHandshake& client_opening, Session& server, OpeningHandshake& server_opening) {
    pairs_.push_back({{&client, &server}, {&client_opening, &server_opening}});
    client_opening.pair = server_opening.pair = &pairs_.back();
}

} // namespace ws
