// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace ws {

/// Makes each subprotocol of the core a protocol of Wireshark, with its fields and dissectors; once.
void register_subprotocols();

} // namespace ws
