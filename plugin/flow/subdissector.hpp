// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/connection.hpp"

namespace ws {

/// Settles for the connection's first message who reads them: other plugins hand off after this one.
void look_up_subdissector(Connection& connection, const char* url);

/// Some dissector, but JSON's, may want its messages.
bool has_subdissector(const Connection& connection);

/// Gives a message to the connection's subdissector, or to one that recognises it; true if one took it.
bool call_subdissector(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Connection& connection, Direction direction,
                       const Message& message);

/// Once, and before each file.
void hand_off_subdissectors();
void open_subdissectors();

} // namespace ws
