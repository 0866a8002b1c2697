// SPDX-License-Identifier: GPL-2.0-or-later
#include "wireshark/tcp_segment.hpp"

#include "dissector/ip_tcp.hpp"
#include "wireshark/tcp_ends.hpp"
#include "wireshark/visit.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace ws {
namespace {

/// Headers below TCP are shorter than this, tunnels included.
constexpr std::size_t header_room = 512;

/// The VLAN of a tag right before an IP header (IEEE 802.1Q 9.3), or -1.
std::int16_t vlan_before(Bytes header) {
    constexpr std::size_t tag = 6; // its type, the VLAN, and the type of what follows
    if (header.size() < tag)
        return -1;
    const auto* at = header.data() + header.size() - tag;
    const auto word = [&](std::size_t i) { return at[i] << 8 | at[i + 1]; };
    const bool tagged = (word(0) == 0x8100 || word(0) == 0x88a8) && (word(4) == 0x0800 || word(4) == 0x86dd);
    return static_cast<std::int16_t>(tagged ? word(2) & 0xfff : -1);
}

bool search(Bytes bytes, const packet_info* pinfo, Segment& segment) {
    const auto& source = tcp_source(pinfo);
    const auto& destination = tcp_destination(pinfo);
    const bool v4 = source.type == AT_IPv4;
    if ((!v4 && source.type != AT_IPv6) || source.type != destination.type)
        return false;
    const std::size_t size = v4 ? 4 : 16;
    const std::size_t before = v4 ? 12 : 8;
    const TcpPorts now{pinfo->srcport, pinfo->destport};
    const auto* src = static_cast<const std::uint8_t*>(source.data);
    const auto* dst = static_cast<const std::uint8_t*>(destination.data);
    // In most packets of a file the headers are as long as in the last.
    static std::size_t usual = 0;
    const auto last = std::min(bytes.size(), header_room);
    const auto fits = [&](std::size_t at) { return at + 2 * size + 20 <= bytes.size() && at < last; };
    bool first = usual >= before && fits(usual);
    const auto sent =
        std::max<std::size_t>(pinfo->fd->pkt_len, bytes.size()); // another data source may be longer than the packet
    for (std::size_t at = first ? usual : before; fits(at); at = first ? before : at + 1, first = false) {
        if (bytes[at] != src[0] || std::memcmp(&bytes[at], src, size) != 0 || std::memcmp(&bytes[at + size], dst, size) != 0)
            continue;
        const auto ip = at - before;
        const auto datagram = parse_datagram(bytes.subspan(ip), static_cast<std::uint32_t>(sent - bytes.size()));
        const auto tcp = datagram ? parse_tcp(*datagram) : std::nullopt;
        if (!tcp || datagram->version != (v4 ? 4 : 6))
            continue;
        const TcpPorts ports{tcp->source_port, tcp->destination_port};
        if (ports != now && ports != tcp_ports(pinfo))
            continue;
        usual = at;
        const auto payload = static_cast<std::size_t>(tcp->payload.data() - bytes.data());
        const auto length = std::min<std::size_t>(tcp->length, sent - payload);
        const SegmentMarks marks{datagram->hop_limit,
                                 !v4,
                                 has_tcp_option(tcp->options, tcp_timestamps),
                                 vlan_before(bytes.first(ip)),
                                 static_cast<std::uint16_t>(v4 ? datagram->id : 0),
                                 tcp->window};
        segment = {tcp->flags, marks, tcp->sequence, tcp->acknowledged, payload, static_cast<std::uint32_t>(length)};
        return true;
    }
    return false;
}

/// The bytes that were asked about last; several parts of the plugin ask about each packet.
struct {
    const std::uint8_t* data;
    PacketVisit visit;
    bool found;
    Segment segment;
} last;

} // namespace

bool find_segment(tvbuff_t* tvb, const packet_info* pinfo, Segment& segment) {
    const auto captured = tvb_captured_length(tvb);
    const auto* data = tvb_get_ptr(tvb, 0, static_cast<int>(captured));
    if (data != last.data || this_visit(pinfo) != last.visit) {
        last.found = search({data, captured}, pinfo, last.segment);
        last.data = data;
        last.visit = this_visit(pinfo);
    }
    segment = last.segment;
    return last.found;
}

bool find_segment(const packet_info* pinfo, Segment& segment) {
    for (auto* source = pinfo->data_src; source; source = g_slist_next(source))
        if (find_segment(get_data_source_tvb(static_cast<struct data_source*>(source->data)), pinfo, segment))
            return true;
    return false;
}

void forget_segment() {
    last = {};
}

std::size_t find_text_payload(tvbuff_t* source, const packet_info* pinfo) {
    const auto size = tvb_captured_length(source);
    const std::string_view bytes(reinterpret_cast<const char*>(tvb_get_ptr(source, 0, static_cast<int>(size))), size);
    if (Segment segment; find_segment(source, pinfo, segment))
        return segment.payload < size && g_ascii_isalpha(bytes[segment.payload]) ? segment.payload : std::string_view::npos;
    // Not right behind an IP header of this packet's addresses: by its ports.
    const auto [from, to] = tcp_ports(pinfo);
    const char ports[] = {static_cast<char>(from >> 8), static_cast<char>(from), static_cast<char>(to >> 8),
                          static_cast<char>(to)};
    for (auto at = bytes.find({ports, 4}); at != std::string_view::npos; at = bytes.find({ports, 4}, at + 1)) {
        if (at + 20 > bytes.size())
            break;
        const auto header = static_cast<std::size_t>(static_cast<unsigned char>(bytes[at + 12]) >> 4) * 4;
        if (header >= 20 && at + header < bytes.size() && g_ascii_isalpha(bytes[at + header]))
            return at + header;
    }
    return std::string_view::npos;
}

std::optional<std::uint32_t> find_sequence(tvbuff_t* payload, const packet_info* pinfo) {
    Segment segment;
    auto* packet = tvb_get_ds_tvb(payload);
    const auto at = static_cast<std::size_t>(tvb_raw_offset(payload));
    if (!find_segment(packet, pinfo, segment) || at < segment.payload || at > segment.payload + segment.length)
        return {};
    return segment.sequence + static_cast<std::uint32_t>(at - segment.payload);
}

std::optional<std::uint32_t> find_sequence(tvbuff_t* payload, const packet_info* pinfo, const void* tcp_data) {
    const auto* tcp = static_cast<const tcpinfo*>(tcp_data);
    if (!tcp)
        return {};
    if (!tcp->is_reassembled)
        if (const auto sequence = find_sequence(payload, pinfo))
            return sequence;
    Segment segment;
    if (!find_segment(pinfo, segment))
        return {};
    const auto size = tcp->is_reassembled ? tcp->nxtseq - tcp->seq : tvb_reported_length(payload);
    return segment.sequence + segment.length - size;
}

} // namespace ws
