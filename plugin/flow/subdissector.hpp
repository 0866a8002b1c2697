// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/connection.hpp"

#include <optional>

namespace ws {

/// Settles for the connection's first message who reads them: other plugins hand off after this one.
void look_up_subdissector(Connection& connection, const char* url, Bytes first);

/// Some dissector, but JSON's, may want its messages.
bool has_subdissector(const Connection& connection);

/// A dissector of Wireshark's, but not JSON's, reads its messages, and says in the columns what they are.
bool is_read_by_other(const Connection& connection);

struct Dissected {
    bool taken;
    std::optional<std::uint32_t> goes_on_in; ///< Its end waits for the next message, in this packet; 0: not known yet.
};
/// Gives a message to the connection's subdissector, or to one that recognises it.
Dissected call_subdissector(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Connection& connection, Direction direction,
                            const Message& message);

/// Once, and before each file.
void hand_off_subdissectors();
void open_subdissectors();

} // namespace ws
