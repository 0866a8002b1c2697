// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/layer.hpp"

#include "view/fields.hpp"

#include "wireshark/protocol.hpp"

#include <utility>

namespace ws {
namespace {

int hf_stream = -1;
int hf_direction = -1;
int hf_endpoint = -1;
int hf_http2_stream = -1;
int hf_url = -1;

int ett_ws = -1;

const value_string directions[] = {{0, "Client to server"}, {1, "Server to client"}, {0, nullptr}};

/// Where something is filtered by them, as Wireshark's tables of conversations and endpoints do.
void add_endpoints(proto_tree* layer, packet_info* pinfo, Place at) {
    if (!is_asked_for(hf_endpoint))
        return;
    for (const auto& [end, port] : {std::pair{&pinfo->src, pinfo->srcport}, std::pair{&pinfo->dst, pinfo->destport}})
        generated(proto_tree_add_string(layer, hf_endpoint, at.tvb, at.offset, 0, with_port(pinfo, *end, port)));
}

} // namespace

const char* direction_text(Direction direction) {
    return direction == Direction::client_to_server ? "Client \xe2\x86\x92 Server" : "Server \xe2\x86\x92 Client";
}

proto_tree* add_layer(proto_tree* tree, packet_info* pinfo, Place at, int length, const char* text, const Whose& whose) {
    auto* item = proto_tree_add_protocol_format(tree, protocol.id, at.tvb, at.offset, length, "WebSocket, %s", text);
    auto* layer = proto_item_add_subtree(item, ett_ws);
    generated(proto_tree_add_uint(layer, hf_stream, at.tvb, at.offset, 0, whose.stream));
    generated(proto_tree_add_uint(layer, hf_direction, at.tvb, at.offset, 0, static_cast<guint32>(whose.direction)));
    if (whose.http2_stream)
        generated(proto_tree_add_uint(layer, hf_http2_stream, at.tvb, at.offset, 0, whose.http2_stream));
    if (*whose.url && proto_field_is_referenced(layer, hf_url))
        generated(proto_tree_add_string(layer, hf_url, at.tvb, at.offset, 0, show(pinfo, whose.url)));
    add_endpoints(layer, pinfo, at);
    return layer;
}

void register_layer_fields() {
    static hf_register_info fields[] = {
        {&hf_stream,
         {"Stream", "ws.stream", FT_UINT32, BASE_DEC, nullptr, 0, "Which WebSocket connection of the file, from 0", HFILL}},
        {&hf_direction, {"Direction", "ws.direction", FT_UINT8, BASE_DEC, VALS(directions), 0, "Who sent it", HFILL}},
        {&hf_endpoint,
         {"Endpoint", "ws.endpoint", FT_STRING, BASE_NONE, nullptr, 0,
          "Either end of the connection, \"address:port\"; added where a filter asks for it", HFILL}},
        {&hf_http2_stream,
         {"HTTP/2 stream", "ws.http2_stream", FT_UINT32, BASE_DEC, nullptr, 0, "The stream of HTTP/2 that carries it", HFILL}},
        {&hf_url, {"URL", "ws.url", FT_STRING, BASE_NONE, nullptr, 0, "What the client of the connection asked for", HFILL}},
    };
    static int* subtrees[] = {&ett_ws};
    proto_register_field_array(protocol.id, fields, array_length(fields));
    proto_register_subtree_array(subtrees, array_length(subtrees));
}

} // namespace ws
