// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include "dissector/diagnosis.hpp"
#include "dissector/facts.hpp"

namespace ws {

/// Protocol column, and the direction at the start of the Info column.
void start_columns(packet_info* pinfo, Direction direction);
/// One frame in the Info column: opcode, length, and the beginning of a text or the close code.
void add_frame_to_columns(packet_info* pinfo, const Frame& frame);
/// "[WebSocket: pong_timeout 2.0 s]" behind whatever the packet list says, once a packet.
void add_diagnosis_to_columns(packet_info* pinfo, const Diagnosed& found);
/// A part of a frame, or bytes that belong to none.
void add_part_to_columns(packet_info* pinfo, const FramePart& part);
void add_skipped_to_columns(packet_info* pinfo, const SkippedBytes& skipped);

} // namespace ws
