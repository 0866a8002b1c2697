// SPDX-License-Identifier: GPL-2.0-or-later
#include "state/sessions.hpp"

#include "flow/subprotocol.hpp"
#include "wireshark/protocol.hpp"
#include "wireshark/tcp_ends.hpp"

#include <algorithm>

namespace ws {
namespace {

/// Everything known of the open capture file.
struct File {
    std::vector<std::unique_ptr<Session>> sessions;
    std::uint32_t streams = 0;
    guint32 ports = 0x10000; ///< From here on; see new_port().
    // See may_revisit().
    const frame_data* last_frame = nullptr;
    std::uint32_t last_packet = 0;
    bool single_pass = false;
};
File* file = nullptr;
/// Of the numbers under which things are kept with a packet; those of streams are below.
constexpr guint32 response_key = 0x80000000;

void open_file() {
    file = new File;
}

void close_file() {
    delete file;
    file = nullptr;
}

} // namespace

Session::Session(const address& client, std::uint32_t client_port) : client_port_(client_port) {
    copy_address_wmem(wmem_file_scope(), &client_, &client);
}

Direction Session::direction(const packet_info* pinfo) const {
    return is_client(tcp_source(pinfo), tcp_ports(pinfo).source) ? Direction::client_to_server : Direction::server_to_client;
}

std::uint32_t Session::new_stream() {
    return file->streams++;
}

Exchange& Session::add_request(packet_info* pinfo, std::uint32_t ordinal, std::string_view key) {
    auto* last = exchanges_.empty() ? nullptr : exchanges_.back().get();
    const bool late = last && !last->accept.empty() && last->accept == expected_accept(key, packet_arena(pinfo));
    // A second try after a refusal is the same connection to its user; after an upgrade it is another.
    const bool same = late || (last && (upgraded_.empty() || upgraded_.back()->stream != last->stream));
    auto& exchange = late ? *last : *exchanges_.emplace_back(std::make_unique<Exchange>());
    exchange.stream = same ? last->stream : new_stream();
    exchange.accept.clear();
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
    std::string name(subprotocol);
    auto* subdissector = find_subdissector(name, static_cast<std::uint16_t>(server_port));
    auto& upgraded =
        *upgraded_.emplace_back(new Upgraded{stream, pinfo->num, std::move(name), subdissector, Connection(negotiated, limits)});
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
    return p_get_proto_data(pinfo->pool, pinfo, protocol.id, response_key | last->stream) ? last : upgraded_at(pinfo->num - 1);
}

void pass_response(packet_info* pinfo, std::uint32_t stream) {
    p_add_proto_data(pinfo->pool, pinfo, protocol.id, response_key | stream, pinfo);
}

guint32 new_port() {
    return ++file->ports;
}

Session* find_session(packet_info* pinfo) {
    if (file->sessions.empty())
        return nullptr;
    auto* conversation = find_tcp_conversation(pinfo);
    return conversation ? static_cast<Session*>(conversation_get_proto_data(conversation, protocol.id)) : nullptr;
}

bool any_session() {
    return !file->sessions.empty();
}

Session& new_session(const address& client, std::uint32_t client_port) {
    return *file->sessions.emplace_back(std::make_unique<Session>(client, client_port));
}

Session& session_of(packet_info* pinfo, Direction direction) {
    auto* conversation = tcp_conversation(pinfo);
    if (auto* known = static_cast<Session*>(conversation_get_proto_data(conversation, protocol.id)))
        return *known;
    const bool client = direction == Direction::client_to_server;
    const auto ports = tcp_ports(pinfo);
    auto& session = new_session(client ? tcp_source(pinfo) : tcp_destination(pinfo), client ? ports.source : ports.destination);
    conversation_add_proto_data(conversation, protocol.id, &session);
    return session;
}

bool may_revisit(packet_info* pinfo) {
    // A program that keeps its packets has a frame_data for each, or fills no columns when it reads them for the first time
    // (tshark -2).
    if (pinfo->cinfo && pinfo->fd == file->last_frame && pinfo->num != file->last_packet)
        file->single_pass = true;
    file->last_frame = pinfo->fd;
    file->last_packet = pinfo->num;
    return !file->single_pass;
}

void register_sessions() {
    register_init_routine(open_file);
    register_cleanup_routine(close_file);
}

} // namespace ws
