// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

namespace ws {

/// From the next packet on the conversation's payload is frames. On plain TCP the plugin is then called directly: HTTP in between
/// would cost time and hide the sequence numbers. Inside TLS HTTP goes on handing them over.
void let_frames_follow(packet_info* pinfo);

/// The same after a request to upgrade: HTTP is called in between, until frames come.
void let_response_follow(packet_info* pinfo);

/// From packet `from` on; in a tunnel it is the inner conversation.
void give_conversation(packet_info* pinfo, dissector_handle_t to, guint32 from);

} // namespace ws
