// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdio>

namespace wscap {

/// Reads PDML (tshark -T pdml), writes a line for each WebSocket message, control frame and handshake as it
/// comes; `whole` adds the messages' contents in full.
void print_messages(std::FILE* pdml, std::FILE* to, bool whole);

} // namespace wscap
