// SPDX-License-Identifier: GPL-2.0-or-later
// The subprotocols that the plugin reads itself, each a protocol of Wireshark with the fields that its table has.
#pragma once

#include "wireshark/compat.h"

#include "dissector/subprotocols/record.hpp"

#include <vector>

namespace ws {

/// What Wireshark gave for one.
struct RegisteredSubprotocol {
    const Subprotocol* of = nullptr;
    int id = -1;
    int subtree = -1;
    expert_field malformed = EI_INIT;
    std::vector<int> fields;                 ///< As in its table.
    dissector_handle_t by_name = nullptr;    ///< For who knows the name, as a file of exported PDUs: of bytes alone.
    dissector_handle_t of_message = nullptr; ///< Its data is a ShownRecords.
};

/// Null where the release has a protocol of that name itself.
const RegisteredSubprotocol* registered(const Subprotocol& one);
/// Whose `by_name` it is, or null.
const RegisteredSubprotocol* registered(dissector_handle_t by_name);
bool is_enabled(const RegisteredSubprotocol& one);

RegisteredSubprotocol& add_registered(const Subprotocol& one);

} // namespace ws
