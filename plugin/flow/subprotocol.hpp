// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/connection.hpp"
#include "subprotocols/show.hpp"

#include "dissector/application_compression.hpp"

namespace ws {

/// What the plugin itself read in a message, which `message` is, or what was in it; else no records, and no words.
struct Told {
    std::span<const Record> records;
    std::string_view words;   ///< For the Info column.
    bool by_other = false;    ///< A dissector of Wireshark's says there what the message is.
    Decompressed opened = {}; ///< The application had compressed it: what was read.
};

/// Reads the message that a frame completes, if it is of a subprotocol that the plugin knows; once for each frame, in order.
Told tell(packet_info* pinfo, Connection& connection, const Whose& whose, const Frame& frame);

/// A message with the data that was in it.
Message told_message(const Message& message, const Decompressed& opened);

/// Shows what was told; or gives the message to the dissector of the negotiated subprotocol, or of the server's port, or to one
/// that recognises it; JSON text to the JSON dissector. `tree` is the packet's. Returns where what it says goes on, if that does
/// not end with it: the packet, or 0 where it is not known yet.
std::optional<std::uint32_t> dissect_message(Place at, packet_info* pinfo, proto_tree* tree, Connection& connection,
                                             Direction direction, const Message& message, const Told& told);

/// Some dissector, or an export, wants the connection's messages also where nobody looks at the tree.
bool wants_messages(const Connection& connection);

/// Once, and before each file.
void hand_off_subprotocols();
void open_subprotocols();

} // namespace ws
