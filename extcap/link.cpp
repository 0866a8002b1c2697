// SPDX-License-Identifier: GPL-2.0-or-later
#include "link.hpp"

#include "big_endian.hpp"

#include <algorithm>
#include <array>

namespace wscap {
namespace {

// https://www.tcpdump.org/linktypes.html
enum Link : std::uint16_t {
    null = 0,
    ethernet = 1,
    ppp = 9,
    raw_bsd = 12,
    raw_openbsd = 14,
    raw = 101,
    loop = 108,
    linux_sll = 113,
    ipv4 = 228,
    ipv6 = 229,
    linux_sll2 = 276,
};

Bytes from(Bytes bytes, std::size_t offset) {
    return offset < bytes.size() ? bytes.subspan(offset) : Bytes{};
}

bool is_ip(Bytes bytes) {
    return !bytes.empty() && (bytes[0] >> 4 == 4 || bytes[0] >> 4 == 6);
}

Bytes after_ethertype(std::uint16_t type, Bytes rest) {
    for (int tags = 0; tags < 8; ++tags) {
        switch (type) {
        case 0x0800:
        case 0x86DD: return is_ip(rest) ? rest : Bytes{};
        case 0x8100: // VLAN tags: 802.1Q, 802.1ad, and the older number for two of them
        case 0x88A8:
        case 0x9100:
            if (rest.size() < 4)
                return {};
            type = ws::be16(rest, 2);
            rest = from(rest, 4);
            break;
        case 0x8847: // MPLS: labels of 4 bytes up to the one with the bottom bit, then IP
            while (rest.size() >= 4 && !(rest[2] & 1))
                rest = from(rest, 4);
            rest = from(rest, 4);
            return is_ip(rest) ? rest : Bytes{};
        case 0x8864: // PPPoE session: 6 bytes, then PPP's protocol number
            if (rest.size() < 8 || (ws::be16(rest, 6) != 0x0021 && ws::be16(rest, 6) != 0x0057))
                return {};
            rest = from(rest, 8);
            return is_ip(rest) ? rest : Bytes{};
        default: return {};
        }
    }
    return {};
}

Bytes if_ip(Bytes bytes) {
    return is_ip(bytes) ? bytes : Bytes{};
}

} // namespace

bool is_known_link(std::uint16_t link_type) noexcept {
    constexpr std::array known{null, ethernet, ppp, raw_bsd, raw_openbsd, raw, loop, linux_sll, ipv4, ipv6, linux_sll2};
    return std::find(known.begin(), known.end(), link_type) != known.end();
}

Bytes ip_datagram(std::uint16_t link_type, Bytes frame) noexcept {
    switch (link_type) {
    case ethernet: return frame.size() < 14 ? Bytes{} : after_ethertype(ws::be16(frame, 12), from(frame, 14));
    case linux_sll: return frame.size() < 16 ? Bytes{} : after_ethertype(ws::be16(frame, 14), from(frame, 16));
    case linux_sll2: return frame.size() < 20 ? Bytes{} : after_ethertype(ws::be16(frame, 0), from(frame, 20));
    // The address family before it is in the byte order of the capturing host and its numbers differ between
    // systems: the IP version says the same without doubt.
    case null:
    case loop: return if_ip(from(frame, 4));
    case ppp:
        if (frame.size() >= 4 && frame[0] == 0xFF && frame[1] == 0x03)
            frame = from(frame, 2);
        return frame.size() < 2 || (ws::be16(frame, 0) != 0x0021 && ws::be16(frame, 0) != 0x0057) ? Bytes{}
                                                                                                  : if_ip(from(frame, 2));
    case raw:
    case raw_bsd:
    case raw_openbsd:
    case ipv4:
    case ipv6: return if_ip(frame);
    default: return {};
    }
}

} // namespace wscap
