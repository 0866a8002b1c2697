// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/frame_fields.hpp"

#include "view/fields.hpp"

#include "view/control_fields.hpp"
#include "view/data_source.hpp"
#include "view/violation_fields.hpp"
#include "wireshark/limits.hpp"
#include "wireshark/protocol.hpp"

#include <algorithm>
#include <vector>

namespace ws {
namespace {

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
int hf_segments = -1;
int hf_segment = -1;
int hf_segment_count = -1;
int hf_unfinished = -1;
int hf_reassembled_in = -1;
int hf_captured_in = -1;

int ett_rsv = -1;
int ett_segments = -1;

/// Links to all segments are worth their room up to this many.
constexpr std::uint32_t most_segments_shown = 1000;

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

LineBuffer& add_bytes(LineBuffer& line, std::uint64_t count) {
    return line.text(", ").number(count).text(count == 1 ? " byte" : " bytes");
}

/// "[Message 5: Text, 28 bytes, 42 on wire] One message".
void describe_message(LineBuffer& line, const Message& message, bool decoded) {
    line.text("[Message ").number(message.number);
    if (message.opcode != opcode::continuation)
        line.text(": ").text(opcode_name(message.opcode));
    add_bytes(line, decoded ? message.data.size() : message.wire_length);
    if (decoded && message.wire_length != message.data.size())
        line.text(", ").number(message.wire_length).text(" on wire");
    if (message.undecoded != Undecoded::no)
        line.text(", ").text(undecoded_name(message.undecoded));
    line.text("]");
    if (decoded)
        line.readable(message, text_in_a_line());
}

/// A frame in one line: "Client → Server, [Message 5: Text, 28 bytes] One message", "Client → Server, Ping "tick"".
const char* describe(packet_info* pinfo, proto_tree* tree, Direction direction, const Frame& frame) {
    if (!PTREE_DATA(tree)->visible)
        return "";
    const auto& h = frame.header;
    LineBuffer line(packet_arena(pinfo), 256 + text_in_a_line());
    line.text(direction_text(direction)).text(", ");
    if (frame.completes)
        describe_message(line, *frame.completes, is_decoded(frame));
    else if (is_control(h.opcode) && !is_reserved(h.opcode) && frame.undecoded == Undecoded::no)
        line.text(kept_words_of_control(frame, packet_arena(pinfo)));
    else {
        line.text(opcode_name(h.opcode));
        if (is_reserved(h.opcode))
            line.text(" ").number(h.opcode);
        if (!h.fin && frame.message)
            line.text(" (fragment of message ").number(frame.message).text(")");
        add_bytes(line, h.payload_length);
    }
    return line.finish();
}

Place frame_place(packet_info* pinfo, tvbuff_t* tvb, const Frame& frame) {
    if (!frame.spread)
        return {tvb, static_cast<int>(frame.offset)};
    const auto size = static_cast<gint>(frame.bytes.size());
    auto* whole = tvb_new_child_real_data(tvb, frame.bytes.data(), static_cast<guint>(size), size);
    add_data_source(pinfo, whole, frame.message ? "Reassembled frame of message" : "Reassembled WebSocket frame", frame.message);
    return {whole, 0};
}

Place payload_place(packet_info* pinfo, Place whole, const Frame& frame) {
    if (!frame.header.masked || frame.payload.empty())
        return {whole.tvb, whole.offset + frame.header.size};
    const auto size = static_cast<gint>(frame.payload.size());
    auto* plain = tvb_new_child_real_data(whole.tvb, frame.payload.data(), static_cast<guint>(size), size);
    add_data_source(pinfo, plain, frame.message ? "Unmasked payload of message" : "Unmasked payload", frame.message);
    return {plain, 0};
}

// The values are known: adding them costs less than having Wireshark read them once more.
void add_header(proto_tree* tree, Place at, const Frame& frame) {
    const auto& h = frame.header;
    const guint8 first = frame.bytes[0];
    proto_tree_add_boolean(tree, hf_fin, at.tvb, at.offset, 1, first);
    auto* rsv = proto_tree_add_uint(tree, hf_rsv, at.tvb, at.offset, 1, first);
    auto* bits = proto_item_add_subtree(rsv, ett_rsv);
    auto* rsv1 = proto_tree_add_boolean(bits, hf_rsv1, at.tvb, at.offset, 1, first);
    if (frame.compressed != Compressed::no) {
        const char* what = frame.compressed == Compressed::message ? " (per-message compressed)" : " (per-frame compressed)";
        proto_item_append_text(rsv1, "%s", what);
        proto_item_append_text(rsv, "%s", what);
    }
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

/// The packets that carried the frame, as TCP lists its segments. Several records of TLS may have been in one.
void add_segments(const FrameTree& at, packet_info* pinfo, const Frame& frame) {
    const auto all = frame.segments;
    const bool wanted =
        PTREE_DATA(at.tree)->visible || is_asked_for(hf_segments) || is_asked_for(hf_segment) || is_asked_for(hf_segment_count);
    if (!wanted || all.size() < 2 || all.front().packet == all.back().packet)
        return;
    auto* item = generated(proto_tree_add_none_format(at.tree, hf_segments, at.frame.tvb, at.frame.offset, 0, "%s", ""));
    auto* tree = proto_item_add_subtree(item, ett_segments);
    LineBuffer line(packet_arena(pinfo), 160);
    std::uint32_t count = 0;
    auto offset = at.frame.offset;
    for (std::size_t i = 0; i < all.size();) {
        const auto packet = all[i].packet;
        std::uint32_t length = 0;
        for (; i < all.size() && all[i].packet == packet; ++i)
            length += all[i].length;
        line.text(count++ ? ", #" : "#").number(packet).text("(").number(length).text(")");
        if (count <= most_segments_shown) {
            // Of a frame with a gap, only what is before that is there.
            const bool there = offset + static_cast<int>(length) <= at.frame.offset + static_cast<int>(frame.bytes.size());
            auto* segment = generated(proto_tree_add_uint(tree, hf_segment, at.frame.tvb, there ? offset : at.frame.offset,
                                                          there ? static_cast<int>(length) : 0, packet));
            proto_item_append_text(segment, " (%u bytes)", length);
            offset += static_cast<int>(length);
        }
    }
    generated(proto_tree_add_uint(tree, hf_segment_count, at.frame.tvb, at.frame.offset, 0, count));
    proto_item_set_text(item, "%u segments (%" G_GUINT64_FORMAT " bytes): %s", count, frame.header.frame_length(), line.finish());
}

} // namespace

const char* opcode_name(std::uint8_t code) {
    const char* name = try_val_to_str(code, opcodes);
    return name ? name : "Reserved opcode";
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
    at.tree = add_layer(tree, pinfo, at.frame, size, describe(pinfo, tree, whose.direction, frame), whose);
    add_header(at.tree, at.frame, frame);
    add_segments(at, pinfo, frame);
    if (!frame.payload.empty()) {
        auto* payload = proto_tree_add_item(at.tree, hf_payload, at.payload.tvb, at.payload.offset,
                                            static_cast<gint>(frame.payload.size()), ENC_NA);
        if (is_control(h.opcode) && !is_reserved(h.opcode))
            proto_item_set_hidden(payload); // shown below as what it is
    }
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
        {&hf_segments, {"Segments", "ws.segments", FT_NONE, BASE_NONE, nullptr, 0, "The packets that carried the frame", HFILL}},
        {&hf_segment,
         {"Segment", "ws.segment", FT_FRAMENUM, BASE_NONE, nullptr, 0,
          "The packet with which Wireshark handed over a part of the frame", HFILL}},
        {&hf_segment_count,
         {"Segment count", "ws.segment.count", FT_UINT32, BASE_DEC, nullptr, 0, "How many packets carried the frame", HFILL}},
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
    static int* subtrees[] = {&ett_rsv, &ett_segments};
    proto_register_field_array(protocol.id, fields, array_length(fields));
    proto_register_subtree_array(subtrees, array_length(subtrees));
}

} // namespace ws
