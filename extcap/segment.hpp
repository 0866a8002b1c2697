// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "packet.hpp"

#include <array>
#include <optional>

namespace wscap {

using Address = std::array<std::uint8_t, 16>; ///< IPv4 in the first four bytes, zeros after.

/// One IP packet, or a fragment of one. The transport protocol is known also in later fragments.
struct Datagram {
    Address source{}, destination{};
    std::uint8_t version = 0;
    std::uint8_t protocol = 0; ///< After IPv6's extension headers.
    bool fragment = false;
    bool more = false;        ///< More fragments follow.
    std::uint32_t id = 0;     ///< Identification, of fragments.
    std::uint32_t offset = 0; ///< Of a fragment, in bytes.
    Bytes payload;            ///< As much as was captured.
    std::uint32_t length = 0; ///< Bytes of payload on the wire.
};

/// The addresses and ports of a TCP connection, in an order that makes both directions have one key.
struct FlowKey {
    Address low{}, high{};
    std::uint16_t low_port = 0, high_port = 0;
    bool operator==(const FlowKey&) const = default;
};

/// One TCP segment. `direction` is 0 from the low to the high end of the key.
struct Segment {
    FlowKey key;
    std::uint8_t direction = 0;
    std::uint8_t flags = 0;
    std::uint32_t sequence = 0;
    Bytes payload;            ///< As much as was captured.
    std::uint32_t length = 0; ///< Bytes of payload on the wire.
};

enum TcpFlag : std::uint8_t { fin = 1, syn = 2, rst = 4, psh = 8, ack = 16 };

/// `cut` is how many bytes of the frame the capture left out; it counts where the IP header has no length
/// (segmentation offload).
std::optional<Datagram> parse_datagram(Bytes ip, std::uint32_t cut) noexcept;

/// The TCP segment in a datagram that is whole, or nothing.
std::optional<Segment> parse_segment(const Datagram& datagram) noexcept;

} // namespace wscap
