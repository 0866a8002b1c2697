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

OpeningHandshake& Session::add_request(packet_info* pinfo, std::uint32_t ordinal, std::string_view key) {
    auto* last = openings_.empty() ? nullptr : openings_.back().get();
    const bool late =
        last && last->terms && !last->terms->accept.empty() && last->terms->accept == expected_accept(key, packet_arena(pinfo));
    // A second try after a refusal is the same connection to its user; after an upgrade it is another.
    const bool same = late || (last && (connections_.empty() || connections_.back()->stream != last->stream));
    auto& opening = late ? *last : *openings_.emplace_back(std::make_unique<OpeningHandshake>());
    opening.stream = same ? last->stream : new_stream();
    opening.terms->accept.clear();
    http.open = http.open && !late;
    opening.request_captured = true;
    opening.request_packet = pinfo->num;
    opening.request_ordinal = ordinal;
    opening.request_time = pinfo->abs_ts;
    return opening;
}

OpeningHandshake& Session::add_response(packet_info* pinfo, std::uint32_t ordinal) {
    if (!awaits_response()) {
        auto& opening = *openings_.emplace_back(std::make_unique<OpeningHandshake>());
        opening.stream = new_stream();
        opening.request_packet = pinfo->num;
        opening.request_ordinal = G_MAXUINT32;
    }
    auto& opening = *openings_[answered_++];
    opening.response_packet = pinfo->num;
    opening.response_ordinal = ordinal;
    return opening;
}

Connection& Session::upgrade(packet_info* pinfo, std::uint32_t stream, const Negotiated& negotiated,
                             std::string_view subprotocol) {
    const auto ports = tcp_ports(pinfo);
    const auto server_port = direction(pinfo) == Direction::server_to_client ? ports.source : ports.destination;
    const Limits limits{std::size_t{protocol.limit_mib} << 20};
    auto& connection =
        *connections_.emplace_back(new Connection{stream, pinfo->num, static_cast<std::uint16_t>(server_port),
                                                  std::string(subprotocol), ConnectionDecoder(negotiated, limits)});
    http.open = false;
    connection.statistics.opened = connection.statistics.requested = connection.statistics.last = nanoseconds(pinfo->abs_ts);
    const auto* opening = pending() ? pending() : openings_.empty() ? nullptr : openings_.back().get();
    if (opening && opening->request_captured && opening->stream == stream)
        connection.statistics.requested = nanoseconds(opening->request_time);
    connection.statistics.armed = connection.statistics.requested;
    return connection;
}

Connection& Session::upgrade_unanswered(packet_info* pinfo) {
    return upgrade(pinfo, openings_.empty() ? new_stream() : openings_.back()->stream, {}, {});
}

bool Session::is_for_another() {
    if (!awaits_response() || !openings_[answered_]->pipelined_before)
        return false;
    for (auto i = answered_; i < openings_.size(); ++i)
        openings_[i]->pipelined_before -= std::min(openings_[i]->pipelined_before, 1U);
    return true;
}

bool Session::answered(std::uint32_t request_packet) const {
    const auto end = openings_.begin() + static_cast<std::ptrdiff_t>(answered_);
    const auto it = std::lower_bound(openings_.begin(), end, request_packet,
                                     [](const auto& e, std::uint32_t number) { return e->request_packet < number; });
    return it != end && (*it)->request_packet == request_packet;
}

OpeningHandshake* Session::find_request(std::uint32_t packet, std::uint32_t ordinal) {
    const auto it = std::lower_bound(openings_.begin(), openings_.end(), packet, [&](const auto& e, std::uint32_t number) {
        return e->request_packet != number ? e->request_packet < number : e->request_ordinal < ordinal;
    });
    const bool found = it != openings_.end() && (*it)->request_packet == packet && (*it)->request_ordinal == ordinal;
    return found ? it->get() : nullptr;
}

OpeningHandshake* Session::find_response(std::uint32_t packet, std::uint32_t ordinal) {
    const auto end = openings_.begin() + static_cast<std::ptrdiff_t>(answered_);
    const auto it = std::lower_bound(openings_.begin(), end, packet, [&](const auto& e, std::uint32_t number) {
        return e->response_packet != number ? e->response_packet < number : e->response_ordinal < ordinal;
    });
    const bool found = it != end && (*it)->response_packet == packet && (*it)->response_ordinal == ordinal;
    return found ? it->get() : nullptr;
}

Connection* Session::connection_at(std::uint32_t packet) {
    const auto after = std::upper_bound(connections_.begin(), connections_.end(), packet,
                                        [](std::uint32_t number, const auto& u) { return number < u->from_packet; });
    return after == connections_.begin() ? nullptr : (after - 1)->get();
}

Whose Session::whose(std::uint32_t stream, Direction direction) const {
    const auto* opening = opening_of_stream(stream);
    return {stream, direction, http2_stream, opening ? opening->url.c_str() : ""};
}

OpeningHandshake* Session::opening_of_stream(std::uint32_t stream) const {
    const auto it = std::lower_bound(openings_.begin(), openings_.end(), stream,
                                     [](const auto& opening, std::uint32_t number) { return opening->stream < number; });
    return it != openings_.end() && (*it)->stream == stream ? it->get() : nullptr;
}

const OpeningHandshake* Session::opening_of(const Connection* connection) const {
    if (connection)
        return opening_of_stream(connection->stream);
    return openings_.empty() ? nullptr : openings_.back().get();
}

Connection* Session::connection_now(packet_info* pinfo) {
    auto* last = connection_at(pinfo->num);
    if (!last || !last->answered || last->from_packet != pinfo->num || last == connections_.front().get())
        return last;
    return is_kept_with(pinfo, packet_key::response_passed | last->stream) ? last : connection_at(pinfo->num - 1);
}

void pass_response(packet_info* pinfo, std::uint32_t stream) {
    kept_with<bool>(pinfo, packet_key::response_passed | stream) = true;
}

} // namespace ws
