// SPDX-License-Identifier: GPL-2.0-or-later
#include "state/http_conversations.hpp"

#include <algorithm>

namespace ws {

guint32 HttpConversations::port_at(std::uint32_t packet) const {
    const auto after = std::upper_bound(conversations.begin(), conversations.end(), packet,
                                        [](std::uint32_t number, const Conversation& c) { return number < c.from_packet; });
    return after == conversations.begin() ? 0 : (after - 1)->port;
}

guint32 HttpConversations::begin(std::uint32_t packet, guint32 new_port) {
    if (!open)
        conversations.push_back({packet, new_port});
    open = true;
    return conversations.back().port;
}

} // namespace ws
