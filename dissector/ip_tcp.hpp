// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "arena.hpp"

#include <array>
#include <optional>

namespace ws {

/// An IPv4 address is in the first four bytes, with zeros after it.
using IpAddress = std::array<std::uint8_t, 16>;

constexpr std::uint8_t protocol_tcp = 6;

/// One IP packet (RFC 791 3.1, RFC 8200 3), or a fragment of one. The transport protocol is known also in later fragments.
struct Datagram {
    IpAddress source{}, destination{};
    std::uint8_t version = 0;
    std::uint8_t protocol = 0;  ///< After IPv6's extension headers.
    std::uint8_t hop_limit = 0; ///< IPv4 says time to live.
    bool fragment = false;
    bool more = false;        ///< More fragments follow.
    std::uint32_t id = 0;     ///< Identification; of IPv6 that of fragments.
    std::uint32_t offset = 0; ///< Of a fragment, in bytes.
    Bytes payload;            ///< As much as was captured.
    std::uint32_t length = 0; ///< Bytes of payload as sent.
};

/// `bytes` begin with an IP header. `cut` is how many bytes of the packet the capture left out; they count where the header has
/// no length: the sending host left the cutting into segments to its network card (RFC 2675 3 for IPv6).
std::optional<Datagram> parse_datagram(Bytes bytes, std::uint32_t cut) noexcept;

struct TcpFlag {
    enum : std::uint8_t { fin = 1, syn = 2, rst = 4, psh = 8, ack = 16 };
};

/// A TCP header (RFC 9293 3.1) and what follows it.
struct TcpSegment {
    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledged = 0;
    std::uint8_t flags = 0;   ///< TcpFlag
    std::uint16_t window = 0; ///< Not scaled.
    Bytes options;            ///< As much as was captured.
    Bytes payload;            ///< As much as was captured.
    std::uint32_t length = 0; ///< Bytes of payload as sent.
};

/// The options have one of that kind (RFC 9293 3.2).
bool has_tcp_option(Bytes options, std::uint8_t kind) noexcept;
constexpr std::uint8_t tcp_timestamps = 8; ///< RFC 7323 3.

/// The TCP segment in a datagram that is whole, or nothing.
std::optional<TcpSegment> parse_tcp(const Datagram& datagram) noexcept;

} // namespace ws
