// SPDX-License-Identifier: GPL-2.0-or-later
#include "subprotocols/protocols.hpp"

#include <deque>

namespace ws {
namespace {

std::deque<RegisteredSubprotocol> all; // Wireshark keeps addresses

} // namespace

const RegisteredSubprotocol* registered(const Subprotocol& one) {
    for (const auto& known : all)
        if (known.of == &one)
            return &known;
    return nullptr;
}

const RegisteredSubprotocol* registered(dissector_handle_t by_name) {
    for (const auto& known : all)
        if (by_name && known.by_name == by_name)
            return &known;
    return nullptr;
}

bool is_enabled(const RegisteredSubprotocol& one) {
    return proto_is_protocol_enabled(find_protocol_by_id(one.id));
}

RegisteredSubprotocol& add_registered(const Subprotocol& one) {
    auto& added = all.emplace_back();
    added.of = &one;
    return added;
}

} // namespace ws
