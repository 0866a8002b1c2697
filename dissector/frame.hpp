// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "arena.hpp"

namespace ws {

enum class Direction : std::uint8_t { client_to_server = 0, server_to_client = 1 };

constexpr Direction opposite(Direction d) {
    return d == Direction::client_to_server ? Direction::server_to_client : Direction::client_to_server;
}

/// RFC 6455 5.2 and 11.8.
namespace opcode {
constexpr std::uint8_t continuation = 0x0, text = 0x1, binary = 0x2, close = 0x8, ping = 0x9, pong = 0xa;
}

constexpr bool is_control(std::uint8_t code) {
    return (code & 0x8) != 0;
}
constexpr bool is_reserved(std::uint8_t code) {
    return (code > 0x2 && code < 0x8) || code > 0xa;
}

/// The sum, or 2^64 - 1 where it is larger. Lengths from the wire are never added in another way.
constexpr std::uint64_t bounded_sum(std::uint64_t a, std::uint64_t b) {
    return b > ~a ? ~std::uint64_t{0} : a + b;
}

/// The header of one frame (RFC 6455 5.2).
struct FrameHeader {
    bool fin = false;
    bool rsv1 = false;
    bool rsv2 = false;
    bool rsv3 = false;
    bool masked = false;
    std::uint8_t opcode = 0;
    std::uint8_t length_size = 0;     ///< Bytes of extended payload length: 0, 2 or 8.
    std::uint8_t size = 0;            ///< Bytes of the whole header: 2 to 14.
    std::uint8_t masking_key[4] = {}; ///< As sent; zeros when not masked.
    std::uint64_t payload_length = 0; ///< Bytes; the true length, whichever encoding carried it.

    bool rsv() const { return rsv1 || rsv2 || rsv3; }
    /// Bytes of header and payload; 2^64 - 1 stands for more.
    std::uint64_t frame_length() const { return bounded_sum(payload_length, size); }
    /// The length was put in no more bytes than it needs (RFC 6455 5.2).
    bool length_minimal() const { return length_size == 0 || payload_length > (length_size == 2 ? 125U : 0xffffU); }
};

constexpr std::size_t max_header_size = 14;
/// Bytes of a control frame's payload (RFC 6455 5.5).
constexpr std::size_t longest_control_payload = 125;

/// Reads the header at the start of `bytes`; false if it is cut short.
bool parse_frame_header(Bytes bytes, FrameHeader& header) noexcept;

/// Writes `from` XOR the key to `to` (RFC 6455 5.3). `offset` is the position of from[0] in the payload. `to` may be `from`.
void unmask(std::uint8_t* to, Bytes from, const std::uint8_t (&key)[4], std::uint64_t offset) noexcept;

} // namespace ws
