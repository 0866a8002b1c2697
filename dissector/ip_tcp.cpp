// SPDX-License-Identifier: GPL-2.0-or-later
#include "ip_tcp.hpp"

#include "big_endian.hpp"

#include <algorithm>

namespace ws {
namespace {

constexpr std::size_t ipv4_header = 20, ipv6_header = 40, tcp_header = 20;
/// Extension headers that are passed over; real packets have one or two.
constexpr int most_extension_headers = 16;
/// https://www.iana.org/assignments/ipv6-parameters
enum Extension : std::uint8_t { hop_by_hop = 0, routing = 43, fragmentation = 44, authentication = 51, destination_options = 60 };

bool parse_ipv4(Bytes bytes, std::uint32_t cut, Datagram& datagram) {
    if (bytes.size() < ipv4_header)
        return false;
    const std::size_t header = (bytes[0] & 15) * 4u;
    std::uint32_t total = be16(bytes, 2);
    if (total == 0)
        total = static_cast<std::uint32_t>(bytes.size()) + cut;
    if (header < ipv4_header || header > bytes.size() || total < header)
        return false;
    datagram.version = 4;
    datagram.hop_limit = bytes[8];
    datagram.protocol = bytes[9];
    std::memcpy(datagram.source.data(), &bytes[12], 4);
    std::memcpy(datagram.destination.data(), &bytes[16], 4);
    const std::uint16_t fragment = be16(bytes, 6);
    datagram.more = fragment & 0x2000;
    datagram.offset = (fragment & 0x1FFFu) * 8;
    datagram.fragment = datagram.more || datagram.offset;
    datagram.id = be16(bytes, 4);
    datagram.length = total - static_cast<std::uint32_t>(header);
    datagram.payload = bytes.subspan(header, std::min<std::size_t>(bytes.size() - header, datagram.length));
    return true;
}

bool parse_ipv6(Bytes bytes, std::uint32_t cut, Datagram& datagram) {
    if (bytes.size() < ipv6_header)
        return false;
    datagram.version = 6;
    datagram.hop_limit = bytes[7];
    std::memcpy(datagram.source.data(), &bytes[8], 16);
    std::memcpy(datagram.destination.data(), &bytes[24], 16);
    std::uint32_t length = be16(bytes, 4);
    if (length == 0)
        length = static_cast<std::uint32_t>(bytes.size() - ipv6_header) + cut;
    Bytes rest = bytes.subspan(ipv6_header, std::min<std::size_t>(bytes.size() - ipv6_header, length));
    std::uint8_t next = bytes[6];
    for (int headers = 0; headers < most_extension_headers; ++headers) {
        const bool options = next == hop_by_hop || next == routing || next == destination_options;
        if (!options && next != authentication && next != fragmentation)
            break;
        if (rest.size() < 8)
            return false;
        std::size_t size = 8;
        if (options) {
            size = (rest[1] + 1u) * 8;
        } else if (next == authentication) { // RFC 4302 2.2
            size = (rest[1] + 2u) * 4;
        } else {
            datagram.fragment = true;
            datagram.more = rest[3] & 1;
            datagram.offset = be16(rest, 2) & 0xFFF8u;
            datagram.id = be32(rest, 4);
        }
        next = rest[0];
        if (size > rest.size() || size > length)
            return false;
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
    return true;
}

} // namespace

std::optional<Datagram> parse_datagram(Bytes bytes, std::uint32_t cut) noexcept {
    std::optional<Datagram> datagram(std::in_place);
    const int version = bytes.empty() ? 0 : bytes[0] >> 4;
    const bool parsed = version == 4 ? parse_ipv4(bytes, cut, *datagram) : version == 6 && parse_ipv6(bytes, cut, *datagram);
    if (!parsed)
        datagram.reset();
    return datagram;
}

bool has_tcp_option(Bytes options, std::uint8_t kind) noexcept {
    constexpr std::uint8_t end = 0, nothing = 1;
    while (!options.empty() && options[0] != end) {
        if (options[0] == kind)
            return true;
        const std::size_t size = options[0] == nothing ? 1 : options.size() > 1 ? options[1] : 0;
        if (!size || size > options.size())
            return false;
        options = options.subspan(size);
    }
    return false;
}

std::optional<TcpSegment> parse_tcp(const Datagram& datagram) noexcept {
    std::optional<TcpSegment> segment;
    const Bytes bytes = datagram.payload;
    if (datagram.protocol != protocol_tcp || datagram.fragment || bytes.size() < tcp_header)
        return segment;
    const std::size_t header = (bytes[12] >> 4) * 4u;
    if (header < tcp_header || header > datagram.length)
        return segment;
    segment.emplace();
    segment->source_port = be16(bytes, 0);
    segment->destination_port = be16(bytes, 2);
    segment->sequence = be32(bytes, 4);
    segment->acknowledged = be32(bytes, 8);
    segment->flags = bytes[13];
    segment->window = be16(bytes, 14);
    segment->options = bytes.first(std::min(header, bytes.size())).subspan(tcp_header);
    segment->length = datagram.length - static_cast<std::uint32_t>(header);
    segment->payload = bytes.subspan(std::min(header, bytes.size()));
    return segment;
}

} // namespace ws
