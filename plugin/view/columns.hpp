// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "view/layer.hpp"

#include "dissector/diagnosis.hpp"
#include "dissector/facts.hpp"

namespace ws {

/// Protocol column, and the direction at the start of the Info column, with the stream on HTTP/2.
void start_columns(packet_info* pinfo, const Whose& whose);
/// The end of a piece, or of the packet: Wireshark gets what waits.
void finish_columns(packet_info* pinfo);
/// One frame in the Info column: what it is, the size, what its subprotocol says or else, unless others tell of it, the beginning
/// of its message; what it breaks.
void add_frame_to_columns(packet_info* pinfo, const Frame& frame, std::string_view words, bool with_text);
/// The beginning of a message of which others had nothing to tell.
void add_text_to_columns(packet_info* pinfo, const Message& message);
/// "[goes on in #8]": what the message says does not end with it. `packet` 0: not known.
void add_goes_on_to_columns(packet_info* pinfo, std::uint32_t packet);
/// "[WebSocket: pong_timeout 2.0 s]" behind whatever the packet list says, once a packet.
void add_diagnosis_to_columns(packet_info* pinfo, const Diagnosed& found);
/// A part of a frame, or bytes that belong to none.
void add_part_to_columns(packet_info* pinfo, const FramePart& part);
void add_skipped_to_columns(packet_info* pinfo, const SkippedBytes& skipped);

/// Nothing more of it would be shown: what is added costs time, and that for each frame of a packet.
bool info_is_full(packet_info* pinfo);
/// What a subdissector writes stays, behind what stands there now: its length.
std::size_t fence_info(packet_info* pinfo);
/// Sets apart by the separator what was written since; true if something was.
bool separate_info(packet_info* pinfo, std::size_t fenced, const char* separator);

} // namespace ws
