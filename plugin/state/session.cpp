// SPDX-License-Identifier: GPL-2.0-or-later
#include "state/session.hpp"

#include "wireshark/packet_keys.hpp"
#include "wireshark/tcp_ends.hpp"

#include <algorithm>

namespace ws {

Session::Session(const address& client, std::uint32_t client_port, std::uint32_t& streams)
    : client_port_(client_port), streams_(streams) {
    copy_address_wmem(wmem_file_scope(), &client_, &client);
}

Direction Session::direction(const packet_info* pinfo) const {
    return is_client(tcp_source(pinfo), tcp_ports(pinfo).source) ? Direction::client_to_server : Direction::server_to_client;
}

Exchange& Session::add_request(packet_info* pinfo, std::uint32_t ordinal, std::string_view key) {
    auto* last = exchanges_.empty() ? nullptr : exchanges_.back().get();
    const bool late =
        last && last->terms && !last->terms->accept.empty() && last->terms->accept == expected_accept(key, packet_arena(pinfo));
    // A second try after a refusal is the same connection to its user; after an upgrade it is another.
    const bool same = late || (last && (upgraded_.empty() || upgraded_.back()->stream != last->stream));
    auto& exchange = late ? *last : *exchanges_.emplace_back(std::make_unique<Exchange>());
    exchange.stream = same ? last->stream : new_stream();
    exchange.terms->accept.clear();
    http.open = http.open && !late;
    exchange.request_captured = true;
    exchange.request_packet = pinfo->num;
    exchange.request_ordinal = ordinal;
    exchange.request_time = pinfo->abs_ts;
    return exchange;
}

Exchange& Session::add_response(packet_info* pinfo, std::uint32_t ordinal) {
    if (!awaits_response()) {
        auto& exchange = *exchanges_.emplace_back(std::make_unique<Exchange>());
        exchange.stream = new_stream();
        exchange.request_packet = pinfo->num;
        exchange.request_ordinal = G_MAXUINT32;
    }
    auto& exchange = *exchanges_[answered_++];
    exchange.response_packet = pinfo->num;
    exchange.response_ordinal = ordinal;
    return exchange;
}

Upgraded& Session::upgrade(packet_info* pinfo, std::uint32_t stream, const Negotiated& negotiated, std::string_view subprotocol) {
    const auto ports = tcp_ports(pinfo);
    const auto server_port = direction(pinfo) == Direction::server_to_client ? ports.source : ports.destination;
    const Limits limits{std::size_t{protocol.limit_mib} << 20};
    auto& upgraded = *upgraded_.emplace_back(new Upgraded{stream, pinfo->num, static_cast<std::uint16_t>(server_port),
                                                          std::string(subprotocol), Connection(negotiated, limits)});
    http.open = false;
    const auto nanoseconds = [](const nstime_t& time) { return static_cast<std::int64_t>(time.secs) * 1000000000 + time.nsecs; };
    upgraded.tally.opened = upgraded.tally.requested = upgraded.tally.last = nanoseconds(pinfo->abs_ts);
    const auto* exchange = pending() ? pending() : exchanges_.empty() ? nullptr : exchanges_.back().get();
    if (exchange && exchange->request_captured && exchange->stream == stream)
        upgraded.tally.requested = nanoseconds(exchange->request_time);
    return upgraded;
}

Upgraded& Session::upgrade_unanswered(packet_info* pinfo) {
    return upgrade(pinfo, exchanges_.empty() ? new_stream() : exchanges_.back()->stream, {}, {});
}

bool Session::is_for_another() {
    if (!awaits_response() || !exchanges_[answered_]->others_first)
        return false;
    for (auto i = answered_; i < exchanges_.size(); ++i)
        exchanges_[i]->others_first -= std::min(exchanges_[i]->others_first, 1U);
    return true;
}

bool Session::answered(std::uint32_t request_packet) const {
    const auto end = exchanges_.begin() + static_cast<std::ptrdiff_t>(answered_);
    const auto it = std::lower_bound(exchanges_.begin(), end, request_packet,
                                     [](const auto& e, std::uint32_t number) { return e->request_packet < number; });
    return it != end && (*it)->request_packet == request_packet;
}

Exchange* Session::find_request(std::uint32_t packet, std::uint32_t ordinal) {
    const auto it = std::lower_bound(exchanges_.begin(), exchanges_.end(), packet, [&](const auto& e, std::uint32_t number) {
        return e->request_packet != number ? e->request_packet < number : e->request_ordinal < ordinal;
    });
    const bool found = it != exchanges_.end() && (*it)->request_packet == packet && (*it)->request_ordinal == ordinal;
    return found ? it->get() : nullptr;
}

Exchange* Session::find_response(std::uint32_t packet, std::uint32_t ordinal) {
    const auto end = exchanges_.begin() + static_cast<std::ptrdiff_t>(answered_);
    const auto it = std::lower_bound(exchanges_.begin(), end, packet, [&](const auto& e, std::uint32_t number) {
        return e->response_packet != number ? e->response_packet < number : e->response_ordinal < ordinal;
    });
    const bool found = it != end && (*it)->response_packet == packet && (*it)->response_ordinal == ordinal;
    return found ? it->get() : nullptr;
}

Upgraded* Session::upgraded_at(std::uint32_t packet) {
    const auto after = std::upper_bound(upgraded_.begin(), upgraded_.end(), packet,
                                        [](std::uint32_t number, const auto& u) { return number < u->from_packet; });
    return after == upgraded_.begin() ? nullptr : (after - 1)->get();
}

Upgraded* Session::upgraded_now(packet_info* pinfo) {
    auto* last = upgraded_at(pinfo->num);
    if (!last || !last->answered || last->from_packet != pinfo->num || last == upgraded_.front().get())
        return last;
    return is_kept_with(pinfo, packet_key::response_passed | last->stream) ? last : upgraded_at(pinfo->num - 1);
}

void pass_response(packet_info* pinfo, std::uint32_t stream) {
    kept_with<bool>(pinfo, packet_key::response_passed | stream) = true;
}

} // namespace ws
