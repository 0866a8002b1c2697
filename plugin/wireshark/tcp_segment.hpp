// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include "dissector/arena.hpp"
#include "dissector/reset_evidence.hpp"

#include <cstdint>
#include <optional>

namespace ws {

constexpr std::uint8_t FIN = 1, SYN = 2, RST = 4, ACK = 16;

/// What a packet's IP and TCP headers say.
struct Segment {
    std::uint8_t flags;
    SegmentMarks marks;
    std::uint32_t sequence;
    std::uint32_t acknowledged;
    std::size_t payload;  ///< Offset in the packet.
    std::uint32_t length; ///< The payload has as many bytes, as sent.
};

/// The TCP header of this packet, found by its addresses and ports in the bytes of the frame. TCP's dissector keeps none of it.
/// `tvb` is the packet.
bool find_segment(tvbuff_t* tvb, const packet_info* pinfo, Segment& segment);

/// The same, wherever the header is: in the packet, or in what was decrypted of it.
bool find_segment(const packet_info* pinfo, Segment& segment);

/// Where TCP's payload begins, in the packet or in another data source with headers before it, if that is with a letter; npos of
/// std::string_view: there is none such.
std::size_t find_text_payload(tvbuff_t* source, const packet_info* pinfo);

/// The sequence number, as sent, of the first byte that TCP hands over; nothing if it is not a part of the packet as captured.
std::optional<std::uint32_t> find_sequence(tvbuff_t* payload, const packet_info* pinfo);

/// The same of what TCP calls a dissector with, whose data is `tcp`: bytes that were decoded already are not decoded again when
/// TCP hands them over once more, put together. It does so with all bytes of one side at its FIN, if HTTP once asked for that,
/// and then numbers them as if they followed the FIN.
std::optional<std::uint32_t> find_sequence(tvbuff_t* payload, const packet_info* pinfo, const void* tcp);

/// Before another file.
void forget_segment();

} // namespace ws
