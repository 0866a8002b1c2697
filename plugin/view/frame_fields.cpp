// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/frame_fields.hpp"

#include "view/fields.hpp"

#include "dissector/close_code.hpp"
#include "view/line_buffer.hpp"
#include "view/violation_fields.hpp"
#include "wireshark/limits.hpp"
#include "wireshark/protocol.hpp"

#include <algorithm>
#include <vector>

namespace ws {
namespace {

int hf_stream = -1;
int hf_direction = -1;
int hf_endpoint = -1;
int hf_http2_stream = -1;
int hf_url = -1;
int hf_fin = -1;
int hf_rsv = -1;
int hf_rsv1 = -1;
int hf_rsv2 = -1;
int hf_rsv3 = -1;
int hf_opcode = -1;
int hf_mask = -1;
int hf_payload_length = -1;
int hf_masking_key = -1;
int hf_payload = -1;
int hf_close_code = -1;
int hf_close_reason = -1;
int hf_close_in = -1;
int hf_close_first = -1;
int hf_ping = -1;
int hf_pong = -1;
int hf_pong_in = -1;
int hf_ping_in = -1;
int hf_rtt = -1;
int hf_unfinished = -1;
int hf_reassembled_in = -1;
int hf_captured_in = -1;

int ett_ws = -1;
int ett_rsv = -1;

const value_string directions[] = {{0, "Client to server"}, {1, "Server to client"}, {0, nullptr}};

const value_string opcodes[] = {
    {opcode::continuation, "Continuation"},
    {opcode::text, "Text"},
    {opcode::binary, "Binary"},
    {opcode::close, "Close"},
    {opcode::ping, "Ping"},
    {opcode::pong, "Pong"},
    {0, nullptr},
};

const true_false_string masked_or_not = {"Masked", "Not masked"};

/// The core's close codes as Wireshark's value strings.
const range_string* close_codes() {
    static std::vector<range_string> rows;
    for (const auto& row : close_code_table())
        rows.push_back({row.first, row.last, row.name});
    rows.push_back({0, 0, nullptr});
    return rows.data();
}

proto_item* generated(proto_item* item) {
    proto_item_set_generated(item);
    return item;
}

/// A frame in one line: "Client → Server, Text, 12 bytes".
const char* describe(packet_info* pinfo, proto_tree* tree, Direction direction, const FrameHeader& h) {
    if (!PTREE_DATA(tree)->visible)
        return "";
    LineBuffer line(pinfo->pool, 96);
    line.text(direction_text(direction)).text(", ").text(opcode_name(h.opcode)).text(h.fin ? ", " : " (fragment), ");
    line.number(h.payload_length).text(h.payload_length == 1 ? " byte" : " bytes");
    return line.finish();
}

Place frame_place(packet_info* pinfo, tvbuff_t* tvb, const Frame& frame) {
    if (!frame.spread)
        return {tvb, static_cast<int>(frame.offset)};
    const auto size = static_cast<gint>(frame.bytes.size());
    auto* whole = tvb_new_child_real_data(tvb, frame.bytes.data(), static_cast<guint>(size), size);
    add_new_data_source(pinfo, whole, "Reassembled WebSocket frame");
    return {whole, 0};
}

Place payload_place(packet_info* pinfo, Place whole, const Frame& frame) {
    if (!frame.header.masked || frame.payload.empty())
        return {whole.tvb, whole.offset + frame.header.size};
    const auto size = static_cast<gint>(frame.payload.size());
    auto* plain = tvb_new_child_real_data(whole.tvb, frame.payload.data(), static_cast<guint>(size), size);
    add_new_data_source(pinfo, plain, "Unmasked payload");
    return {plain, 0};
}

// The values are known: adding them costs less than having Wireshark read them once more.
void add_header(proto_tree* tree, Place at, const Frame& frame) {
    const auto& h = frame.header;
    const guint8 first = frame.bytes[0];
    proto_tree_add_boolean(tree, hf_fin, at.tvb, at.offset, 1, first);
    auto* rsv = proto_tree_add_uint(tree, hf_rsv, at.tvb, at.offset, 1, first);
    auto* bits = proto_item_add_subtree(rsv, ett_rsv);
    proto_tree_add_boolean(bits, hf_rsv1, at.tvb, at.offset, 1, first);
    proto_tree_add_boolean(bits, hf_rsv2, at.tvb, at.offset, 1, first);
    proto_tree_add_boolean(bits, hf_rsv3, at.tvb, at.offset, 1, first);
    proto_tree_add_uint(tree, hf_opcode, at.tvb, at.offset, 1, first);
    proto_tree_add_boolean(tree, hf_mask, at.tvb, at.offset + 1, 1, frame.bytes[1]);
    auto* length = proto_tree_add_uint64(tree, hf_payload_length, at.tvb, at.offset + 1, 1 + h.length_size, h.payload_length);
    if (h.length_size)
        proto_item_append_text(length, " (encoded in %u bits)", h.length_size * 8U);
    if (h.masked)
        proto_tree_add_item(tree, hf_masking_key, at.tvb, at.offset + h.size - 4, 4, ENC_BIG_ENDIAN);
}

void add_close(const FrameTree& at, packet_info* pinfo, const Frame& frame) {
    if (frame.payload.size() >= 2) {
        proto_tree_add_item(at.tree, hf_close_code, at.payload.tvb, at.payload.offset, 2, ENC_BIG_ENDIAN);
        if (frame.payload.size() > 2)
            add_text(at.tree, pinfo, hf_close_reason, at.payload.tvb, at.payload.offset + 2,
                     static_cast<int>(frame.payload.size()) - 2, as_text(frame.payload.subspan(2)));
    }
    generated(proto_tree_add_boolean(at.tree, hf_close_first, at.frame.tvb, at.frame.offset, 0, frame.closes_first));
    if (frame.close_in)
        generated(proto_tree_add_uint(at.tree, hf_close_in, at.frame.tvb, at.frame.offset, 0, frame.close_in));
}

void add_control(const FrameTree& at, packet_info* pinfo, const Frame& frame) {
    const auto size = static_cast<gint>(frame.payload.size());
    switch (frame.header.opcode) {
    case opcode::close: add_close(at, pinfo, frame); break;
    case opcode::ping:
        proto_tree_add_item(at.tree, hf_ping, at.payload.tvb, at.payload.offset, size, ENC_NA);
        if (frame.pong_in)
            generated(proto_tree_add_uint(at.tree, hf_pong_in, at.frame.tvb, at.frame.offset, 0, frame.pong_in));
        break;
    case opcode::pong:
        proto_tree_add_item(at.tree, hf_pong, at.payload.tvb, at.payload.offset, size, ENC_NA);
        if (frame.ping_in) {
            generated(proto_tree_add_uint(at.tree, hf_ping_in, at.frame.tvb, at.frame.offset, 0, frame.ping_in));
            const nstime_t rtt =
                NSTIME_INIT_SECS_NSECS(frame.round_trip / 1000000000, static_cast<int>(frame.round_trip % 1000000000));
            generated(proto_tree_add_time(at.tree, hf_rtt, at.frame.tvb, at.frame.offset, 0, &rtt));
        }
        break;
    default: break;
    }
}

} // namespace

const char* direction_text(Direction direction) {
    return direction == Direction::client_to_server ? "Client \xe2\x86\x92 Server" : "Server \xe2\x86\x92 Client";
}

const char* opcode_name(std::uint8_t code) {
    const char* name = try_val_to_str(code, opcodes);
    return name ? name : "Reserved opcode";
}

/// Where something is filtered by them, as Wireshark's tables of conversations and endpoints do.
static void add_endpoints(proto_tree* layer, packet_info* pinfo, Place at) {
    if (!is_asked_for(hf_endpoint))
        return;
    for (const auto& [end, port] : {std::pair{&pinfo->src, pinfo->srcport}, std::pair{&pinfo->dst, pinfo->destport}})
        generated(proto_tree_add_string(layer, hf_endpoint, at.tvb, at.offset, 0, with_port(pinfo, *end, port)));
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

FrameTree add_frame(proto_tree* tree, packet_info* pinfo, tvbuff_t* tvb, const Whose& whose, const Frame& frame,
                    std::uint32_t captured_in) {
    FrameTree at{};
    if (!tree) {
        add_violations(nullptr, pinfo, nullptr, 0, frame); // expert infos count without a tree, too
        return at;
    }
    give_back_items(tree);
    at.frame = frame_place(pinfo, tvb, frame);
    at.payload = payload_place(pinfo, at.frame, frame);
    const auto size = static_cast<int>(frame.bytes.size());
    const auto& h = frame.header;
    at.tree = add_layer(tree, pinfo, at.frame, size, describe(pinfo, tree, whose.direction, h), whose);
    add_header(at.tree, at.frame, frame);
    if (!frame.payload.empty())
        proto_tree_add_item(at.tree, hf_payload, at.payload.tvb, at.payload.offset, static_cast<gint>(frame.payload.size()),
                            ENC_NA);
    if (is_control(h.opcode))
        add_control(at, pinfo, frame);
    if (captured_in)
        generated(proto_tree_add_uint(at.tree, hf_captured_in, at.frame.tvb, at.frame.offset, 0, captured_in));
    if (frame.reassembled_in)
        generated(proto_tree_add_uint(at.tree, hf_reassembled_in, at.frame.tvb, at.frame.offset, 0, frame.reassembled_in));
    if (frame.undecoded != Undecoded::no)
        add_undecoded(at.tree, at.frame.tvb, at.frame.offset + h.size, size - h.size, frame.undecoded);
    if (frame.resynchronised)
        add_undecoded(at.tree, at.frame.tvb, at.frame.offset, 0, Undecoded::resynchronised);
    add_violations(at.tree, pinfo, at.frame.tvb, at.frame.offset, frame);
    return at;
}

/// The layer of bytes that are no whole frame: `count` of a `kind`.
static proto_tree* add_bytes_layer(proto_tree* tree, packet_info* pinfo, Place at, std::uint32_t length, std::uint64_t count,
                                   const char* kind, const Whose& whose) {
    const char* text =
        wmem_strdup_printf(pinfo->pool, "%s, %" G_GUINT64_FORMAT " %s", direction_text(whose.direction), count, kind);
    return add_layer(tree, pinfo, at, static_cast<int>(length), text, whose);
}

void add_part(proto_tree* tree, packet_info* pinfo, tvbuff_t* tvb, const Whose& whose, const FramePart& part) {
    if (!tree)
        return;
    const auto offset = static_cast<int>(part.offset);
    auto* layer = add_bytes_layer(tree, pinfo, {tvb, offset}, part.length, part.length, "bytes, part of a frame", whose);
    auto* item = generated(proto_tree_add_uint(layer, hf_unfinished, tvb, offset, static_cast<int>(part.length), part.length));
    if (part.header_known)
        proto_item_append_text(item, " (%s, %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " bytes so far)",
                               opcode_name(part.header.opcode), part.have, part.header.frame_length());
    if (part.reassembled_in)
        generated(proto_tree_add_uint(layer, hf_reassembled_in, tvb, offset, 0, part.reassembled_in));
}

void add_skipped(proto_tree* tree, packet_info* pinfo, tvbuff_t* tvb, const Whose& whose, const SkippedBytes& skipped) {
    if (!tree)
        return;
    const auto offset = static_cast<int>(skipped.offset);
    auto* layer = add_bytes_layer(tree, pinfo, {tvb, offset}, skipped.length, skipped.lost ? skipped.lost : skipped.length,
                                  skipped.lost ? "bytes not captured" : "bytes not decoded", whose);
    add_undecoded(layer, tvb, offset, static_cast<int>(skipped.length), skipped.reason);
}

void register_frame_fields() {
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
        {&hf_fin, {"FIN", "ws.fin", FT_BOOLEAN, 8, TFS(&tfs_set_notset), 0x80, "The last frame of a message", HFILL}},
        {&hf_rsv, {"Reserved bits", "ws.rsv", FT_UINT8, BASE_HEX, nullptr, 0x70, "RSV1, RSV2 and RSV3 together", HFILL}},
        {&hf_rsv1, {"RSV1", "ws.rsv1", FT_BOOLEAN, 8, TFS(&tfs_set_notset), 0x40, "Compressed, with permessage-deflate", HFILL}},
        {&hf_rsv2, {"RSV2", "ws.rsv2", FT_BOOLEAN, 8, TFS(&tfs_set_notset), 0x20, "For extensions", HFILL}},
        {&hf_rsv3, {"RSV3", "ws.rsv3", FT_BOOLEAN, 8, TFS(&tfs_set_notset), 0x10, "For extensions", HFILL}},
        {&hf_opcode, {"Opcode", "ws.opcode", FT_UINT8, BASE_DEC, VALS(opcodes), 0x0f, "What the frame is", HFILL}},
        {&hf_mask, {"Mask", "ws.mask", FT_BOOLEAN, 8, TFS(&masked_or_not), 0x80, "The payload is masked", HFILL}},
        {&hf_payload_length,
         {"Payload length", "ws.payload_length", FT_UINT64, BASE_DEC, nullptr, 0,
          "Bytes of payload, whichever of the three encodings carried the length", HFILL}},
        {&hf_masking_key,
         {"Masking key", "ws.masking_key", FT_UINT32, BASE_HEX, nullptr, 0, "Each payload byte is XORed with a byte of it",
          HFILL}},
        {&hf_payload,
         {"Payload", "ws.payload", FT_BYTES, BASE_NONE, nullptr, 0, "This frame's payload, unmasked, still compressed if it was",
          HFILL}},
        {&hf_close_code,
         {"Close code", "ws.close.code", FT_UINT16, BASE_DEC | BASE_RANGE_STRING, RVALS(close_codes()), 0,
          "Why the connection is closed", HFILL}},
        {&hf_close_reason,
         {"Close reason", "ws.close.reason", FT_STRING, BASE_NONE, nullptr, 0, "Why the connection is closed, in words", HFILL}},
        {&hf_close_first,
         {"Closes first", "ws.close.first", FT_BOOLEAN, BASE_NONE, nullptr, 0,
          "This side asked for the closing; the other side's Close frame answers", HFILL}},
        {&hf_close_in,
         {"Answers the Close in", "ws.close_in", FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0,
          "The packet with the Close frame that this one answers", HFILL}},
        {&hf_ping, {"Ping data", "ws.ping", FT_BYTES, BASE_NONE, nullptr, 0, "Application data of a ping", HFILL}},
        {&hf_pong, {"Pong data", "ws.pong", FT_BYTES, BASE_NONE, nullptr, 0, "Application data of a pong", HFILL}},
        {&hf_pong_in,
         {"Answered in", "ws.pong_in", FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0,
          "The packet with the pong that answers this ping", HFILL}},
        {&hf_ping_in,
         {"Answers the ping in", "ws.ping_in", FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0,
          "The packet with the ping that this pong answers", HFILL}},
        {&hf_rtt, {"Round-trip time", "ws.rtt", FT_RELATIVE_TIME, BASE_NONE, nullptr, 0, "From the ping to this pong", HFILL}},
        {&hf_unfinished,
         {"Bytes of a frame that goes on", "ws.unfinished", FT_UINT32, BASE_DEC, nullptr, 0,
          "Bytes of this packet that belong to a frame completed in a later one", HFILL}},
        {&hf_reassembled_in,
         {"Reassembled in", "ws.reassembled_in", FT_FRAMENUM, BASE_NONE, nullptr, 0,
          "The packet that completes the message, or the frame", HFILL}},
        {&hf_captured_in,
         {"Captured in", "ws.captured_in", FT_FRAMENUM, BASE_NONE, nullptr, 0,
          "The earlier packet that carried the frame, of a connection that was recognised only now", HFILL}},
    };
    static int* subtrees[] = {&ett_ws, &ett_rsv};
    proto_register_field_array(protocol.id, fields, array_length(fields));
    proto_register_subtree_array(subtrees, array_length(subtrees));
}

} // namespace ws
