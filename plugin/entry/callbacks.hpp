// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/protocol.hpp"

namespace ws {

// What Wireshark calls is noexcept, since its callers are C: a C++ exception that nobody caught ends the program there and then.
// These take nothing else.
using Dissector = int (*)(tvbuff_t*, packet_info*, proto_tree*, void*) noexcept;
using Heuristic = HeuristicResult (*)(tvbuff_t*, packet_info*, proto_tree*, void*) noexcept;

/// A dissector that others find by its name.
inline dissector_handle_t named_dissector(const char* name, Dissector dissector) {
    return register_dissector(name, dissector, protocol.id);
}

/// `protocol_id`: -1 for a dissector that is no layer of its own.
inline dissector_handle_t unnamed_dissector(Dissector dissector, int protocol_id) {
    return create_dissector_handle(dissector, protocol_id);
}

/// `of`: the protocol that it finds.
inline void add_heuristic(const char* list, Heuristic heuristic, const char* description, const char* internal_name, int of) {
    heur_dissector_add(list, heuristic, description, internal_name, of, HEURISTIC_ENABLE);
}

} // namespace ws
