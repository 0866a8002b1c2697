// SPDX-License-Identifier: GPL-2.0-or-later
#include "taps/taps.hpp"

#include "state/tapped.hpp"

namespace ws {

void register_taps() {
    tap_ids.events = register_tap("ws");
    register_follow();
#if !WS_WIRESHARK_AT_LEAST(4, 4)
    register_follow_window();
#endif
    register_messages();
    register_archive();
    register_sessions();
    register_session_table();
    register_statistics_tree();
    register_conversations();
    register_export_objects();
}

} // namespace ws
