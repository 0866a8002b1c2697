// SPDX-License-Identifier: GPL-2.0-or-later
#include "segment.hpp"

namespace wscap {
namespace {

std::array<std::uint64_t, 2> words(const ws::IpAddress& address) {
    std::array<std::uint64_t, 2> words;
    std::memcpy(words.data(), address.data(), sizeof words);
    return words;
}

} // namespace

std::optional<Segment> parse_segment(const Datagram& datagram) noexcept {
    const auto tcp = ws::parse_tcp(datagram);
    if (!tcp)
        return {};
    Segment segment{*tcp, {}, 0};
    // Any order will do, as long as it is always the same; this one needs no call of memcmp().
    const auto from = words(datagram.source), to = words(datagram.destination);
    segment.direction = from > to || (from == to && tcp->source_port > tcp->destination_port);
    segment.key.low = segment.direction ? datagram.destination : datagram.source;
    segment.key.high = segment.direction ? datagram.source : datagram.destination;
    segment.key.low_port = segment.direction ? tcp->destination_port : tcp->source_port;
    segment.key.high_port = segment.direction ? tcp->source_port : tcp->destination_port;
    return segment;
}

} // namespace wscap
