// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace ws {

/// Registers the fields, subtrees and expert infos of the plugin; once.
void register_fields();

/// Finds the fields of the built-in dissector; once, when all of Wireshark's dissectors are registered.
void look_up_builtin_fields();

// Each registers those of one file, in the order in which Wireshark lists them:
void register_handshake_fields();
void register_layer_fields();
void register_frame_fields();
void register_control_fields();
void register_message_fields();
void register_decompressed_fields();
void register_json_fields();
void register_violation_fields();
void register_diagnosis_fields();
void register_session_fields();

} // namespace ws
