// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace ws {

/// The subprotocols that the plugin reads itself, each a protocol of Wireshark; once.
void register_subprotocols();

// Each those of one file:
void register_engineio();

} // namespace ws
