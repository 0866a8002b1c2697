// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include "dissector/arena.hpp"

#include <algorithm>
#include <string_view>

namespace ws {

/// What the modules of the plugin share: the protocol and its preferences.
struct Protocol {
    int id = -1;
    BoolPreference take_over = TRUE; ///< Decode in place of the built-in dissector.
    guint limit_mib = 16;            ///< Longest inflated message, in MiB.
    range_t* ports = nullptr;        ///< TCP ports that carry nothing but WebSocket, with its handshake or without.
};
extern Protocol protocol;

/// The memory of the packet that is being dissected.
inline Arena packet_arena(packet_info* pinfo) {
    return {[](void* pool, std::size_t size) { return wmem_alloc(static_cast<wmem_allocator_t*>(pool), size); }, pinfo->pool};
}

/// A copy of text from a packet that is safe to show: bytes that are no UTF-8 are replaced, and NULs, where Wireshark's strings
/// would end, by their symbol.
inline const char* show(packet_info* pinfo, std::string_view text) {
    if (const auto zeros = std::count(text.begin(), text.end(), '\0')) {
        auto* copy = static_cast<char*>(wmem_alloc(pinfo->pool, text.size() + 2 * static_cast<std::size_t>(zeros)));
        auto* to = copy;
        for (const char c : text)
            to = c ? (*to = c, to + 1) : std::copy_n("\xe2\x90\x80", 3, to);
        text = {copy, static_cast<std::size_t>(to - copy)};
    }
    return reinterpret_cast<const char*>(
        get_utf_8_string(pinfo->pool, reinterpret_cast<const guint8*>(text.data()), static_cast<gint>(text.size())));
}

} // namespace ws
