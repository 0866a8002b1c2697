// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/connection.hpp"
#include "view/layer.hpp"

namespace ws {

/// Gives a message to the dissector of the negotiated subprotocol, or of the server's port, or to one that recognises it; JSON
/// text to the JSON dissector. `tree` is the packet's.
void dissect_message(Place at, packet_info* pinfo, proto_tree* tree, Connection& connection, const MessageOf& of);

/// The plugin reads the connection's messages itself, this one too: the Info column has its words in place of the text.
bool has_own_words(Connection& connection, const Message& message);

/// Some dissector, or an export, wants the connection's messages also where nobody looks at the tree.
bool wants_messages(Connection& connection);

/// Once, and before each file.
void hand_off_subprotocols();
void open_subprotocols();

} // namespace ws
