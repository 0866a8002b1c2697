// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include "dissector/arena.hpp"
#include "dissector/utf8.hpp"

#include <algorithm>
#include <string_view>

namespace ws {

/// What the modules of the plugin share: the protocol and its preferences.
struct Protocol {
    int id = -1;
    BoolPreference take_over = TRUE;       ///< Decode in place of the built-in dissector.
    BoolPreference json = TRUE;            ///< Dissect text that is JSON.
    BoolPreference midstream = TRUE;       ///< Recognise frames whose handshake was not captured.
    BoolPreference builtin_fields = FALSE; ///< Add the built-in dissector's fields always, not only where they are asked for.
    guint limit_mib = 16;                  ///< Longest inflated message, in MiB.
    guint info_text = 64;                  ///< Bytes of a text in one line, as in the Info column.
    range_t* ports = nullptr;              ///< TCP ports that carry nothing but WebSocket, with its handshake or without.
};
extern Protocol protocol;

/// So many bytes of a message's text are shown in one line.
inline std::size_t text_in_a_line() {
    return std::min<std::size_t>(protocol.info_text, COL_MAX_INFO_LEN);
}

inline WmemResult release(wmem_allocator_t*, wmem_cb_event_t, void* object) {
    delete static_cast<std::shared_ptr<const void>*>(object);
    return false;
}

/// The memory of the packet that is being dissected.
inline Arena packet_arena(packet_info* pinfo) {
    return {[](void* pool, std::size_t size) { return wmem_alloc(static_cast<wmem_allocator_t*>(pool), size); }, pinfo->pool,
            [](void* pool, std::shared_ptr<const void> object) {
                wmem_register_callback(static_cast<wmem_allocator_t*>(pool), release,
                                       new std::shared_ptr<const void>(std::move(object)));
            }};
}

/// A copy of text from a packet that is safe to show: bytes that are no UTF-8 are replaced, and NULs, where Wireshark's strings
/// would end, by their symbol.
inline const char* show(packet_info* pinfo, std::string_view text) {
    const auto bytes = as_bytes(text);
    // Most is UTF-8, and Wireshark looks at each character.
    if (text.find('\0') == std::string_view::npos && well_formed_part(bytes) == bytes.size())
        return reinterpret_cast<const char*>(packet_arena(pinfo).copy(bytes).data());
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

/// "10.0.0.1:50000" or "[::1]:80", in the packet's memory.
inline const char* with_port(packet_info* pinfo, const address& end, guint32 port) {
    return wmem_strdup_printf(pinfo->pool, end.type == AT_IPv6 ? "[%s]:%u" : "%s:%u", address_to_str(pinfo->pool, &end), port);
}

/// A filter, a column or a script names this field; a tree that is merely visible does not ask for it.
inline bool is_asked_for(int field) {
    return proto_registrar_get_nth(static_cast<guint>(field))->ref_type != HF_REF_TYPE_NONE;
}

/// The item is computed, and not read from the bytes.
inline proto_item* generated(proto_item* item) {
    proto_item_set_generated(item);
    return item;
}

/// Adds a time that was computed.
inline proto_item* add_nanoseconds(proto_tree* tree, int field, tvbuff_t* tvb, int offset, std::int64_t nanoseconds) {
    const nstime_t time = NSTIME_INIT_SECS_NSECS(nanoseconds / 1000000000, static_cast<int>(nanoseconds % 1000000000));
    return generated(proto_tree_add_time(tree, field, tvb, offset, 0, &time));
}

/// Adds text from a packet, all `size` bytes of it in the tvb or 0. Its label is safe to show; where the release can hold NULs,
/// filters and exports have them.
inline proto_item* add_text(proto_tree* tree, packet_info* pinfo, int field, tvbuff_t* tvb, int offset, int size,
                            std::string_view text) {
    const auto* shown = show(pinfo, text);
    if (text.find('\0') == std::string_view::npos)
        return proto_tree_add_string(tree, field, tvb, offset, size, shown);
    auto* item = proto_tree_add_string_format(tree, field, tvb, offset, size, shown, "%s: %s",
                                              proto_registrar_get_nth(static_cast<guint>(field))->name, shown);
    set_text(item, field, text.data(), text.size());
    return item;
}

} // namespace ws
