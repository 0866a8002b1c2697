// SPDX-License-Identifier: GPL-2.0-or-later
#include "wireshark/tcp_segment.hpp"

#include "wireshark/tcp_ends.hpp"

#include <algorithm>
#include <cstring>

namespace ws {
namespace {

/// Headers below TCP are shorter than this, tunnels included.
constexpr std::size_t header_room = 512;

constexpr std::uint32_t number(const std::uint8_t* at, int bytes) {
    std::uint32_t value = 0;
    for (int i = 0; i < bytes; ++i)
        value = value << 8 | at[i];
    return value;
}

bool read_tcp(Bytes bytes, std::size_t at, std::size_t end, const TcpPorts& ports, Segment& segment) {
    if (at + 20 > bytes.size() || number(&bytes[at], 2) != ports.source || number(&bytes[at + 2], 2) != ports.destination)
        return false;
    const std::size_t header = static_cast<std::size_t>(bytes[at + 12] >> 4) * 4;
    if (header < 20 || at + header > end)
        return false;
    segment.flags = bytes[at + 13];
    segment.sequence = number(&bytes[at + 4], 4);
    segment.acknowledged = number(&bytes[at + 8], 4);
    segment.payload = at + header;
    segment.length = static_cast<std::uint32_t>(end - at - header);
    return true;
}

bool search(Bytes bytes, const packet_info* pinfo, Segment& segment) {
    const auto& source = tcp_source(pinfo);
    const auto& destination = tcp_destination(pinfo);
    const bool v4 = source.type == AT_IPv4;
    if ((!v4 && source.type != AT_IPv6) || source.type != destination.type)
        return false;
    const std::size_t size = v4 ? 4 : 16;
    const std::size_t before = v4 ? 12 : 8;
    const auto ports = tcp_ports(pinfo);
    const auto* src = static_cast<const std::uint8_t*>(source.data);
    const auto* dst = static_cast<const std::uint8_t*>(destination.data);
    // In most packets of a file the headers are as long as in the last.
    static std::size_t usual = 0;
    const auto last = std::min(bytes.size(), header_room);
    const auto fits = [&](std::size_t at) { return at + 2 * size + 20 <= bytes.size() && at < last; };
    bool first = usual >= before && fits(usual);
    for (std::size_t at = first ? usual : before; fits(at); at = first ? before : at + 1, first = false) {
        if (bytes[at] != src[0] || std::memcmp(&bytes[at], src, size) != 0 || std::memcmp(&bytes[at + size], dst, size) != 0)
            continue;
        const auto ip = at - before;
        std::size_t tcp = at + 2 * size;
        std::size_t end = 0;
        if (v4) {
            if (bytes[ip] >> 4 != 4 || bytes[ip + 9] != 6)
                continue;
            tcp = ip + static_cast<std::size_t>(bytes[ip] & 0xf) * 4;
            const auto total = number(&bytes[ip + 2], 2); // 0: left to the network card
            end = ip + (total ? total : static_cast<std::uint32_t>(pinfo->fd->pkt_len - ip));
        } else {
            if (bytes[ip] >> 4 != 6)
                continue;
            end = ip + 40 + number(&bytes[ip + 4], 2);
            std::uint8_t next = bytes[ip + 6]; // past the extension headers with a length of their own
            for (int i = 0; i < 8 && (next == 0 || next == 43 || next == 60) && tcp + 8 <= bytes.size(); ++i) {
                next = bytes[tcp];
                tcp += (static_cast<std::size_t>(bytes[tcp + 1]) + 1) * 8;
            }
            if (next != 6)
                continue;
        }
        if (!read_tcp(bytes, tcp, std::min<std::size_t>(end, pinfo->fd->pkt_len), ports, segment))
            continue;
        usual = at;
        segment.ttl = bytes[v4 ? ip + 8 : ip + 7];
        return true;
    }
    return false;
}

/// Of the packet that was asked about last; several parts of the plugin ask about each.
struct {
    const std::uint8_t* data;
    guint32 packet;
    bool found;
    Segment segment;
} last;

} // namespace

bool find_segment(tvbuff_t* tvb, const packet_info* pinfo, Segment& segment) {
    const auto captured = tvb_captured_length(tvb);
    const auto* data = tvb_get_ptr(tvb, 0, static_cast<int>(captured));
    if (data != last.data || pinfo->num != last.packet) {
        last.found = search({data, captured}, pinfo, last.segment);
        last.data = data;
        last.packet = pinfo->num;
    }
    segment = last.segment;
    return last.found;
}

void forget_segment() {
    last = {};
}

std::size_t find_payload(Bytes packet, const packet_info* pinfo) {
    Segment segment;
    return search(packet, pinfo, segment) ? segment.payload : 0;
}

std::optional<std::uint32_t> find_sequence(tvbuff_t* payload, const packet_info* pinfo) {
    Segment segment;
    auto* packet = tvb_get_ds_tvb(payload);
    const auto at = static_cast<std::size_t>(tvb_raw_offset(payload));
    if (!find_segment(packet, pinfo, segment) || at < segment.payload || at > segment.payload + segment.length)
        return {};
    return segment.sequence + static_cast<std::uint32_t>(at - segment.payload);
}

} // namespace ws
