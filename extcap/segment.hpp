// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "ip_tcp.hpp"
#include "packet.hpp"

namespace wscap {

using ws::Datagram;
using ws::TcpFlag;

/// The addresses and ports of a TCP connection, in an order that makes both directions have one key.
struct FlowKey {
    ws::IpAddress low{}, high{};
    std::uint16_t low_port = 0, high_port = 0;
    bool operator==(const FlowKey&) const = default;
};

/// One TCP segment and its connection. `direction` is 0 from the low to the high end of the key.
struct Segment : ws::TcpSegment {
    FlowKey key;
    std::uint8_t direction = 0;
};

/// The TCP segment in a datagram that is whole, or nothing.
std::optional<Segment> parse_segment(const Datagram& datagram) noexcept;

} // namespace wscap
