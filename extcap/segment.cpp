// SPDX-License-Identifier: GPL-2.0-or-later
#include "segment.hpp"

#include "big_endian.hpp"

#include <algorithm>
#include <cstring>

namespace wscap {
namespace {

constexpr std::uint8_t tcp = 6;

std::optional<Datagram> parse_ipv4(Bytes ip, std::uint32_t cut) {
    if (ip.size() < 20)
        return {};
    const std::size_t header = (ip[0] & 15) * 4u;
    std::uint32_t total = be16(ip, 2);
    if (total == 0) // the sending host left the cutting into segments to its network card
        total = static_cast<std::uint32_t>(ip.size()) + cut;
    if (header < 20 || header > ip.size() || total < header)
        return {};
    Datagram datagram;
    datagram.version = 4;
    datagram.protocol = ip[9];
    std::memcpy(datagram.source.data(), &ip[12], 4);
    std::memcpy(datagram.destination.data(), &ip[16], 4);
    const std::uint16_t fragment = be16(ip, 6);
    datagram.more = fragment & 0x2000;
    datagram.offset = (fragment & 0x1FFFu) * 8;
    datagram.fragment = datagram.more || datagram.offset;
    datagram.id = be16(ip, 4);
    datagram.length = total - static_cast<std::uint32_t>(header);
    datagram.payload = ip.subspan(header, std::min<std::size_t>(ip.size() - header, datagram.length));
    return datagram;
}

std::optional<Datagram> parse_ipv6(Bytes ip, std::uint32_t cut) {
    if (ip.size() < 40)
        return {};
    Datagram datagram;
    datagram.version = 6;
    std::memcpy(datagram.source.data(), &ip[8], 16);
    std::memcpy(datagram.destination.data(), &ip[24], 16);
    std::uint32_t length = be16(ip, 4);
    if (length == 0)
        length = static_cast<std::uint32_t>(ip.size()) - 40 + cut;
    Bytes rest = ip.subspan(40, std::min<std::size_t>(ip.size() - 40, length));
    std::uint8_t next = ip[6];
    for (int headers = 0; headers < 16; ++headers) {
        std::size_t size = 0;
        if (next == 0 || next == 43 || next == 60) { // hop-by-hop, routing, destination options
            if (rest.size() < 8)
                return {};
            size = (rest[1] + 1u) * 8;
        } else if (next == 51) { // authentication
            if (rest.size() < 8)
                return {};
            size = (rest[1] + 2u) * 4;
        } else if (next == 44) { // fragment
            if (rest.size() < 8)
                return {};
            datagram.fragment = true;
            datagram.more = rest[3] & 1;
            datagram.offset = be16(rest, 2) & 0xFFF8u;
            datagram.id = be32(rest, 4);
            size = 8;
        } else {
            break;
        }
        next = rest[0];
        if (size > rest.size() || size > length)
            return {};
        rest = rest.subspan(size);
        length -= static_cast<std::uint32_t>(size);
        if (datagram.offset) // what follows is the middle of the payload, not a header
            break;
    }
    // A fragment header around a whole datagram (RFC 6946).
    datagram.fragment = datagram.fragment && (datagram.more || datagram.offset);
    datagram.protocol = next;
    datagram.payload = rest;
    datagram.length = length;
    return datagram;
}

std::array<std::uint64_t, 2> words(const Address& address) {
    std::array<std::uint64_t, 2> words;
    std::memcpy(words.data(), address.data(), sizeof words);
    return words;
}

} // namespace

std::optional<Datagram> parse_datagram(Bytes ip, std::uint32_t cut) noexcept {
    if (ip.empty())
        return {};
    return ip[0] >> 4 == 4 ? parse_ipv4(ip, cut) : ip[0] >> 4 == 6 ? parse_ipv6(ip, cut) : std::nullopt;
}

std::optional<Segment> parse_segment(const Datagram& datagram) noexcept {
    const Bytes bytes = datagram.payload;
    if (datagram.protocol != tcp || bytes.size() < 20)
        return {};
    const std::size_t header = (bytes[12] >> 4) * 4u;
    if (header < 20 || header > datagram.length)
        return {};
    Segment segment;
    const std::uint16_t source = be16(bytes, 0), destination = be16(bytes, 2);
    // Any order will do, as long as it is always the same; this one needs no call of memcmp().
    const auto from = words(datagram.source), to = words(datagram.destination);
    segment.direction = from > to || (from == to && source > destination);
    segment.key.low = segment.direction ? datagram.destination : datagram.source;
    segment.key.high = segment.direction ? datagram.source : datagram.destination;
    segment.key.low_port = segment.direction ? destination : source;
    segment.key.high_port = segment.direction ? source : destination;
    segment.flags = bytes[13];
    segment.sequence = be32(bytes, 4);
    segment.length = datagram.length - static_cast<std::uint32_t>(header);
    if (header < bytes.size())
        segment.payload = bytes.subspan(header);
    return segment;
}

} // namespace wscap
