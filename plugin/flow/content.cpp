// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow/content.hpp"

#include "flow/verdict.hpp"
#include "view/builtin_fields.hpp"
#include "view/decompressed_fields.hpp"
#include "view/json_fields.hpp"
#include "view/message_fields.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/protocol.hpp"

#include <algorithm>

namespace ws {

void show_content(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session, Connection& connection, const Whose& of,
                  const FrameTree& shown, const Frame& frame, const Told& told) {
    Place message{};
    const auto stopped = [](const Record& record) { return record.stopped != nullptr; };
    const bool has_expert =
        std::any_of(told.records.begin(), told.records.end(), stopped); // they are counted without a tree, too
    if (frame.completes) {
        // Fields of what the message carries may be asked for, and none of the message itself.
        const bool is_read = tree && (!told.records.empty() || told.opened.format || json_is_looked_at(tree));
        message = add_message(shown, pinfo, frame, told.words, tvb, is_read || has_expert || wants_messages(connection));
        show_message_notes(shown, pinfo, session, connection, of.direction, frame);
    }
    if (shown.tree)
        add_builtin_fields(tree, pinfo, shown, frame, message);
    if (!message.tvb)
        return;
    const auto& told_of = told.opened.format ? told_message(*frame.completes, told.opened) : *frame.completes;
    if (told.opened.format)
        message = add_decompressed(shown.tree, pinfo, message, told.opened, frame.completes->number);
    if (const auto packet = dissect_message(message, pinfo, tree, connection, of.direction, told_of, told))
        add_goes_on(shown.tree, pinfo, *packet);
}

bool frames_are_looked_at(proto_tree* tree) {
    return tree && (proto_field_is_referenced(tree, protocol.id) || builtin_is_looked_at() || protocols_are_listed());
}

} // namespace ws
