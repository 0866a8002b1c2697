// SPDX-License-Identifier: GPL-2.0-or-later
// Conversation Filter and Colorize Conversation, in the GUI's packet list.
#include "entry/entries.hpp"
#include "state/capture.hpp"

namespace ws {
namespace {

bool has_stream(packet_info* pinfo) {
    return stream_shown(pinfo).has_value();
}

char* stream_filter(packet_info* pinfo) {
    return ws_strdup_printf("ws.stream eq %u", stream_shown(pinfo).value_or(0));
}

} // namespace

void register_conversation_filter_entry() {
    add_conversation_filter<has_stream, stream_filter>("ws", "WebSocket");
}

} // namespace ws
