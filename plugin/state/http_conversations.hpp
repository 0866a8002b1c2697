// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include <cstdint>
#include <vector>

namespace ws {

/// HTTP's dissector reads no more heads on a conversation that was upgraded, and none inside a CONNECT tunnel to one of its own
/// ports. There it is called for a conversation of its own, with a port that TCP does not have, and begins anew.
struct HttpConversations {
    struct Conversation {
        std::uint32_t from_packet;
        guint32 port;
    };
    /// Where, in a piece of payload that came after an upgrade, frames end.
    struct Part {
        std::uint32_t packet;
        std::uint32_t stream;
        // The piece. A later visit may leave out pieces that wait for more: its ordinal alone does not tell which one this is.
        std::uint32_t ordinal;
        std::size_t size;
        std::size_t offset;
        std::size_t length; ///< Of the head, if it is a request: bytes behind it are frames. Else all that is left.
        guint32 port;       ///< 0: what follows is too short to tell; it waits for the next segment.
    };
    std::vector<Conversation> conversations;
    bool open = false; ///< The last of them has not led to an upgrade so far.
    std::vector<Part> parts;

    /// 0: HTTP has the conversation that TCP has.
    guint32 port_at(std::uint32_t packet) const;
    /// The first visit: the conversation that is open, or else one with the new port.
    guint32 begin(std::uint32_t packet, guint32 new_port);
};

} // namespace ws
