// SPDX-License-Identifier: GPL-2.0-or-later
// What is remembered of an HTTP/2 connection: which WebSocket connection each of its streams is.
#include "state/http2_connection.hpp"

#include "wireshark/protocol.hpp"
#include "wireshark/tcp_ends.hpp"

#include <algorithm>

namespace ws {
namespace {

/// An unknown number of a stream's bytes is missing: no more of a frame in progress comes.
constexpr std::uint32_t far = std::uint32_t{1} << 30;
/// One connection has no more WebSocket streams than that, however long it is used.
constexpr std::size_t most_sessions = 1 << 16;
/// Of a frame that is longer no part is kept until its end comes; most are not (RFC 9113 4.2).
constexpr std::size_t longest_kept = 1 << 16;

} // namespace

Http2Connection::Http2Connection(const packet_info* pinfo, Sessions& sessions)
    : all_sessions_(sessions), port_(tcp_ports(pinfo).source) {
    copy_address_wmem(wmem_file_scope(), &end_, &tcp_source(pinfo));
}

std::size_t Http2Connection::side(const packet_info* pinfo) const {
    return tcp_ports(pinfo).source == port_ && addresses_equal(&tcp_source(pinfo), &end_) ? 0 : 1;
}

Session& Http2Connection::begin(packet_info* pinfo, const Http2Event& event) {
    const bool request = event.kind == Http2Event::Kind::request;
    const auto ports = tcp_ports(pinfo);
    auto& session =
        all_sessions_.add(request ? tcp_source(pinfo) : tcp_destination(pinfo), request ? ports.source : ports.destination);
    session.http2_stream = event.stream;
    streams_[event.stream] = {&session, {}, 0};
    return session;
}

Http2Connection::Events Http2Connection::read(packet_info* pinfo, Bytes bytes, std::uint32_t repeated, std::uint32_t ordinal,
                                              bool revisits) {
    const auto arena = packet_arena(pinfo);
    List<Http2Event> told;
    const auto from = side(pinfo);
    const auto unfinished = http2_.unfinished(from);
    http2_.feed(from, bytes.subspan(repeated), arena, told);
    Events events;
    for (const auto& event : told) {
        auto it = streams_.find(event.stream);
        if (it == streams_.end()) {
            if (event.head.empty() || sessions_++ >= most_sessions)
                continue;
            begin(pinfo, event);
            it = streams_.find(event.stream);
        }
        auto& stream = it->second;
        auto& sequence = stream.sequence[static_cast<std::size_t>(stream.session->direction(pinfo))];
        events.push_back(arena, {event.kind, stream.session, event.offset + repeated, event.length, sequence, event.head});
        sequence += event.length;
        if (event.kind == Http2Event::Kind::reset || (event.kind == Http2Event::Kind::end && ++stream.ends == 2))
            streams_.erase(it);
    }
    carries_websocket_ = carries_websocket_ || !events.empty();
    if (looks_for_beginnings_ && !beginnings_[from].packet)
        look_for_beginning(pinfo, bytes.subspan(repeated), unfinished);
    if (!events.empty() && revisits) {
        auto& record = *records_.emplace_back(std::make_unique<Record>());
        record.packet = pinfo->num;
        record.ordinal = ordinal;
        record.events.assign(events.begin(), events.end());
        record.heads.reserve(events.size());
        for (auto& event : record.events)
            if (!event.head.empty())
                event.head = record.heads.emplace_back(event.head);
    }
    return events;
}

void Http2Connection::look_for_beginning(const packet_info* pinfo, Bytes bytes, std::size_t unfinished_before) {
    const auto from = side(pinfo);
    const auto unfinished = http2_.unfinished(from);
    auto& [packet, before] = beginnings_[from];
    const bool frame_ends = unfinished < unfinished_before + bytes.size();
    if (frame_ends && carries_websocket_ && before.size() == unfinished_before) {
        packet = pinfo->num;
        return;
    }
    if (frame_ends) {
        before.clear();
        bytes = bytes.last(unfinished);
    }
    if (http2_.may_carry_websocket() && unfinished <= longest_kept && before.size() + bytes.size() == unfinished)
        before.insert(before.end(), bytes.begin(), bytes.end());
    else
        std::vector<std::uint8_t>().swap(before);
}

Http2Connection::Events Http2Connection::again(packet_info* pinfo, std::uint32_t ordinal) const {
    Events events;
    const auto it = std::lower_bound(records_.begin(), records_.end(), pinfo->num, [&](const auto& r, std::uint32_t packet) {
        return r->packet != packet ? r->packet < packet : r->ordinal < ordinal;
    });
    if (it != records_.end() && (*it)->packet == pinfo->num && (*it)->ordinal == ordinal)
        for (const auto& event : (*it)->events)
            events.push_back(packet_arena(pinfo), event);
    return events;
}

void Http2Connection::lose(std::size_t side) {
    whole = false;
    http2_.lose(side);
    if (!beginnings_[side].packet)
        beginnings_[side].before.clear();
    for (auto& [number, stream] : streams_)
        stream.sequence[stream.session->is_client(end_, port_) == (side == 0) ? 0 : 1] += far;
}

} // namespace ws
