// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/fields.hpp"

namespace ws {

void register_fields() {
    register_handshake_fields();
    register_layer_fields();
    register_frame_fields();
    register_control_fields();
    register_message_fields();
    register_decompressed_fields();
    register_json_fields();
    register_violation_fields();
    register_diagnosis_fields();
    register_session_fields();
}

} // namespace ws
