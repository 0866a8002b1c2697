// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow/content.hpp"

#include "flow/subprotocol.hpp"
#include "flow/verdict.hpp"
#include "state/capture.hpp"
#include "view/builtin_fields.hpp"
#include "view/message_fields.hpp"

namespace ws {

void show_content(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session, Connection& connection, const Whose& of,
                  const FrameTree& shown, const Frame& frame) {
    Place message{};
    if (frame.completes) {
        message = add_message(shown, pinfo, frame, tvb, wants_messages(connection));
        show_message_notes(shown, pinfo, session, connection, of.direction, frame);
    }
    if (shown.tree)
        add_builtin_fields(tree, pinfo, shown, frame, message);
    if (message.tvb)
        dissect_message(message, pinfo, tree, connection, {of, frame.completes, capture->revisits.may(pinfo)});
}

bool is_told_by_subprotocol(Connection& connection, const Frame& frame) {
    return is_decoded(frame) && has_own_words(connection, *frame.completes);
}

} // namespace ws
