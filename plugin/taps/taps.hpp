// SPDX-License-Identifier: GPL-2.0-or-later
// What reads the plugin's taps, for Wireshark's menus and for tshark -z.
#pragma once

namespace ws {

void register_follow();
void register_follow_window(); ///< Before 4.4.
void register_messages();
void register_archive();
void register_sessions();
void register_session_table();
void register_statistics_tree();
void register_conversations();
void register_export_objects();

/// All of them, once, when the protocol is registered.
void register_taps();

} // namespace ws
