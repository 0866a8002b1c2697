// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/protocol.hpp"

#include <type_traits>

namespace ws {

/// Keys of what is kept with a packet under the plugin's protocol. Those that name a stream or an ordinal have it in their lower
/// bits: no capture file has 2^28 connections, and no packet 2^28 pieces.
namespace packet_key {

// In the packet's pool, for one visit:
constexpr guint32 response_passed = 0x10000000;  ///< The connection's 101 response lies before what comes now.
constexpr guint32 http3_handshake = 0x20000000;  ///< It was shown.
constexpr guint32 http2_calls = 0x80000002;      ///< How often HTTP/2 was called with bytes of the packet.
constexpr guint32 http3_pieces = 0x80000003;     ///< Likewise HTTP/3.
constexpr guint32 connection_shown = 0x80000004; ///< The last of those that share a conversation.

// For as long as the file is open:
constexpr guint32 http3_stream_of_piece = 0x30000000;

} // namespace packet_key

/// What is kept with the packet for this visit; zeros where nothing was so far.
template <class T>
T& kept_with(packet_info* pinfo, guint32 key) {
    static_assert(std::is_trivially_destructible_v<T>);
    auto* kept = static_cast<T*>(p_get_proto_data(pinfo->pool, pinfo, protocol.id, key));
    if (!kept) {
        kept = wmem_new0(pinfo->pool, T);
        p_add_proto_data(pinfo->pool, pinfo, protocol.id, key, kept);
    }
    return *kept;
}

/// Is anything kept with the packet for this visit?
inline bool is_kept_with(packet_info* pinfo, guint32 key) {
    return p_get_proto_data(pinfo->pool, pinfo, protocol.id, key) != nullptr;
}

} // namespace ws
