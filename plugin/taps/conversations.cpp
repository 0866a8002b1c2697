// SPDX-License-Identifier: GPL-2.0-or-later
// Statistics > Conversations and Endpoints, and tshark -z conv,ws and -z endpoints,ws: WebSocket connections, which the stream
// tells apart on HTTP/2 too, between ends "host:port". The packets of those tables are frames here.
#include "taps/command.hpp"
#include "taps/taps.hpp"
#include "wireshark/protocol.hpp"

#include <epan/conversation_table.h>

namespace ws {
namespace {

const char* conversation_field(conv_item_t*, conv_filter_type_e filter) {
    return filter == CONV_FT_SRC_ADDRESS || filter == CONV_FT_DST_ADDRESS || filter == CONV_FT_ANY_ADDRESS ? "ws.endpoint"
                                                                                                           : CONV_FILTER_INVALID;
}

const char* endpoint_field(endpoint_item_t*, conv_filter_type_e filter) {
    return filter == CONV_FT_ANY_ADDRESS || filter == CONV_FT_SRC_ADDRESS ? "ws.endpoint" : CONV_FILTER_INVALID;
}

address as_address(const std::string& text) {
    address end;
    set_address(&end, AT_STRINGZ, static_cast<int>(text.size() + 1), text.c_str());
    return end;
}

/// Calls `add(source, destination, bytes)` for a frame.
template <class Add>
tap_packet_status add_frame(packet_info* pinfo, const void* queued, Add add) {
    const auto& tapped = *static_cast<const Tapped*>(queued);
    const auto* const* frame = std::get_if<const Frame*>(&tapped.what);
    if (!frame)
        return TAP_PACKET_DONT_REDRAW;
    const auto ends = ends_of(pinfo, tapped.direction);
    const auto client = as_address(ends.client), server = as_address(ends.server);
    const bool up = tapped.direction == Direction::client_to_server;
    add(tapped.stream, up ? client : server, up ? server : client,
        static_cast<int>(std::min<std::uint64_t>((*frame)->bytes.size(), G_MAXINT)));
    return TAP_PACKET_REDRAW;
}

tap_packet_status add_to_conversation(void* table, packet_info* pinfo, epan_dissect_t*, const void* queued, tap_flags_t flags) {
    static ct_dissector_info_t of_conversation = {conversation_field};
    auto* hash = static_cast<conv_hash_t*>(table);
    hash->flags = flags;
    return add_frame(pinfo, queued, [&](std::uint32_t stream, const address& source, const address& destination, int bytes) {
        add_conversation_table_data_with_conv_id(hash, &source, &destination, 0, 0, stream, 1, bytes, &pinfo->rel_ts,
                                                 &pinfo->abs_ts, &of_conversation, CONVERSATION_NONE);
    });
}

tap_packet_status add_to_endpoints(void* table, packet_info* pinfo, epan_dissect_t*, const void* queued, tap_flags_t flags) {
    static et_dissector_info_t of_endpoint = {endpoint_field};
    auto* hash = static_cast<conv_hash_t*>(table);
    hash->flags = flags;
    return add_frame(pinfo, queued, [&](std::uint32_t, const address& source, const address& destination, int bytes) {
        add_endpoint_table_data(hash, &source, 0, TRUE, 1, bytes, &of_endpoint, ENDPOINT_NONE);
        add_endpoint_table_data(hash, &destination, 0, FALSE, 1, bytes, &of_endpoint, ENDPOINT_NONE);
    });
}

} // namespace

void register_conversations() {
    register_conversation_table(protocol.id, TRUE, add_to_conversation, add_to_endpoints);
}

} // namespace ws
