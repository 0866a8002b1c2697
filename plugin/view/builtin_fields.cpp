// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/builtin_fields.hpp"

#include "view/fields.hpp"

#include "wireshark/protocol.hpp"

namespace ws {
namespace {

const header_field_info* info_protocol;
const header_field_info* info_fin;
const header_field_info* info_opcode;
const header_field_info* info_mask;
const header_field_info* info_payload;
const header_field_info* info_text;
const header_field_info* info_code;
const header_field_info* info_reason;

/// Only where a filter, column or script names the field, so that exports are free of it.
bool is_wanted(const header_field_info* field) {
    return field && (protocol.builtin_fields || is_asked_for(field->id));
}

void add(proto_tree* tree, const header_field_info* field, Place at, int offset, int length, guint encoding) {
    if (is_wanted(field))
        proto_item_set_hidden(proto_tree_add_item(tree, field->id, at.tvb, at.offset + offset, length, encoding));
}

void add_builtin_text(proto_tree* tree, packet_info* pinfo, const header_field_info* field, Place at, int offset, Bytes text) {
    if (is_wanted(field))
        proto_item_set_hidden(
            add_text(tree, pinfo, field->id, at.tvb, at.offset + offset, static_cast<int>(text.size()), as_text(text)));
}

} // namespace

bool builtin_is_looked_at() {
    return is_wanted(info_protocol); // to ask for one of its fields is to ask for it
}

void add_builtin_fields(proto_tree* tree, packet_info* pinfo, const FrameTree& at, const Frame& frame, Place message) {
    if (!builtin_is_looked_at())
        return;
    const auto size = static_cast<int>(frame.payload.size());
    add(tree, info_protocol, at.frame, 0, frame.header.size, ENC_NA);
    add(at.tree, info_fin, at.frame, 0, 1, ENC_NA);
    add(at.tree, info_opcode, at.frame, 0, 1, ENC_BIG_ENDIAN);
    add(at.tree, info_mask, at.frame, 1, 1, ENC_NA);
    if (size)
        add(at.tree, info_payload, at.payload, 0, size, ENC_NA);
    if (message.tvb && frame.completes->text && !frame.completes->data.empty())
        add_builtin_text(at.tree, pinfo, info_text, message, 0, frame.completes->data);
    if (frame.header.opcode == opcode::close && size >= 2) {
        add(at.tree, info_code, at.payload, 0, 2, ENC_BIG_ENDIAN);
        if (size > 2)
            add_builtin_text(at.tree, pinfo, info_reason, at.payload, 2, frame.payload.subspan(2));
    }
}

void look_up_builtin_fields() {
    info_protocol = proto_registrar_get_byname("websocket");
    info_fin = proto_registrar_get_byname("websocket.fin");
    info_opcode = proto_registrar_get_byname("websocket.opcode");
    info_mask = proto_registrar_get_byname("websocket.mask");
    info_payload = proto_registrar_get_byname("websocket.payload");
    info_text = proto_registrar_get_byname("websocket.payload.text");
    info_code = proto_registrar_get_byname("websocket.payload.close.status_code");
    info_reason = proto_registrar_get_byname("websocket.payload.close.reason");
}

} // namespace ws
