// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/message_fields.hpp"

#include "view/fields.hpp"

#include "dissector/words.hpp"
#include "view/columns.hpp"
#include "view/data_source.hpp"
#include "view/violation_fields.hpp"
#include "wireshark/protocol.hpp"

namespace ws {
namespace {

int hf_number = -1;
int hf_opcode = -1;
int hf_text = -1;
int hf_line = -1;
int hf_valid_text = -1;
int hf_data = -1;
int hf_info = -1;
int hf_goes_on_in = -1;
int hf_length = -1;
int hf_wire_length = -1;
int hf_compressed = -1;
int hf_frames = -1;
int hf_fragments = -1;
int hf_fragment = -1;
int hf_fragment_count = -1;
int hf_reassembled_length = -1;

int ett_message = -1;
int ett_text = -1;
int ett_fragments = -1;

const value_string message_opcodes[] = {{opcode::text, "Text"}, {opcode::binary, "Binary"}, {0, nullptr}};

/// A list of all fragments, or lines, is worth its room up to this many.
constexpr std::uint32_t most_fragments_shown = 1000;
constexpr std::uint32_t most_lines_shown = 1000;

Place message_place(const FrameTree& at, packet_info* pinfo, tvbuff_t* parent, const Message& message) {
    if (message.data.empty() || (!message.own_data && at.payload.tvb))
        return at.payload.tvb ? at.payload : Place{parent, 0};
    const auto size = static_cast<gint>(message.data.size());
    auto* tvb = tvb_new_child_real_data(parent, message.data.data(), static_cast<guint>(size), size);
    if (at.tree) // the list of tabs is walked for each
        add_data_source(pinfo, tvb, message.compressed ? "Inflated message" : "Message", message.number);
    return {tvb, 0};
}

void add_fragments(proto_tree* tree, Place at, const Message& message) {
    auto* tvb = at.tvb;
    auto* item =
        generated(proto_tree_add_none_format(tree, hf_fragments, tvb, at.offset, 0, "%u fragments (%" G_GUINT64_FORMAT " bytes)",
                                             message.frames, message.wire_length));
    auto* subtree = proto_item_add_subtree(item, ett_fragments);
    for (std::uint32_t i = 0; i < message.frames && i < most_fragments_shown; ++i) {
        const auto& fragment = message.fragments[i];
        auto* line = generated(proto_tree_add_uint(subtree, hf_fragment, tvb, at.offset, 0, fragment.packet));
        proto_item_append_text(line, " (%" G_GUINT64_FORMAT " bytes)", fragment.length);
    }
    generated(proto_tree_add_uint(subtree, hf_fragment_count, tvb, at.offset, 0, message.frames));
    if (message.undecoded == Undecoded::no)
        generated(proto_tree_add_uint64(subtree, hf_reassembled_length, tvb, at.offset, 0, message.data.size()));
}

/// Text of several lines, each on its own, without what ends it.
void add_lines(proto_item* item, packet_info* pinfo, Place at, Bytes text) {
    auto* tree = proto_item_add_subtree(item, ett_text);
    std::uint32_t count = 0;
    for (std::size_t begin = 0; begin < text.size(); ++count) {
        const auto rest = as_text(text.subspan(begin));
        const auto size = std::min(rest.find('\n'), rest.size() - 1) + 1;
        if (count < most_lines_shown) {
            const auto end = rest.substr(0, size).find_last_not_of("\r\n") + 1;
            LineBuffer line(packet_arena(pinfo), ITEM_LABEL_LENGTH);
            line.beginning(text.subspan(begin, end), ITEM_LABEL_LENGTH - 4);
            proto_tree_add_none_format(tree, hf_line, at.tvb, at.offset + static_cast<int>(begin), static_cast<int>(size), "%s",
                                       line.finish());
        }
        begin += size;
    }
    proto_item_set_text(item, "Text: %u lines", count);
}

bool has_lines(std::string_view text) {
    const auto first = text.find('\n');
    return first != std::string_view::npos && first + 1 < text.size();
}

void add_content(proto_tree* tree, packet_info* pinfo, Place at, const Message& message) {
    const auto text = as_text(message.data);
    const auto size = static_cast<gint>(text.size());
    if (message.text && proto_field_is_referenced(tree, hf_text)) {
        auto* item = add_text(tree, pinfo, hf_text, at.tvb, at.offset, size, text);
        if (PTREE_DATA(tree)->visible && has_lines(text))
            add_lines(item, pinfo, at, message.data);
    }
    if (!message.text && message.opcode == opcode::text && proto_field_is_referenced(tree, hf_valid_text))
        if (const auto part = readable_part(message, 0); !part.empty())
            add_text(tree, pinfo, hf_valid_text, at.tvb, at.offset, static_cast<gint>(part.size()), as_text(part));
    // Text shows a NUL as its symbol, which a text may hold, too.
    if (size && (!message.text || text.find('\0') != std::string_view::npos)) // of no bytes Wireshark says that they are missing
        proto_tree_add_item(tree, hf_data, at.tvb, at.offset, size, ENC_NA);
}

} // namespace

Place add_message(const FrameTree& at, packet_info* pinfo, const Frame& frame, std::string_view words, tvbuff_t* parent,
                  bool always) {
    const Message& message = *frame.completes;
    if (!at.tree && !always)
        return {};
    const bool decoded = is_decoded(frame);
    const auto place = message_place(at, pinfo, parent, message);
    if (!at.tree)
        return decoded ? place : Place{};
    auto* tvb = place.tvb;
    const auto offset = place.offset;
    const auto size = static_cast<gint>(message.data.size());
    auto* tree = proto_item_add_subtree(generated(proto_tree_add_uint(at.tree, hf_number, tvb, offset, size, message.number)),
                                        ett_message);
    if (message.opcode != opcode::continuation)
        generated(proto_tree_add_uint(tree, hf_opcode, tvb, offset, 0, message.opcode));
    generated(proto_tree_add_uint(tree, hf_frames, tvb, offset, 0, message.frames));
    generated(proto_tree_add_boolean(tree, hf_compressed, tvb, offset, 0, message.compressed));
    generated(proto_tree_add_uint64(tree, hf_wire_length, tvb, offset, 0, message.wire_length));
    if (message.fragments)
        add_fragments(tree, place, message);
    if (message.undecoded != Undecoded::no)
        add_undecoded(tree, tvb, offset, 0, message.undecoded);
    if (!decoded)
        return {};
    generated(proto_tree_add_uint64(tree, hf_length, tvb, offset, 0, message.data.size()));
    if (!words.empty())
        generated(add_text(tree, pinfo, hf_info, tvb, offset, 0, words));
    add_content(tree, pinfo, place, message);
    return place;
}

void add_goes_on(proto_tree* tree, packet_info* pinfo, std::uint32_t packet) {
    add_goes_on_to_columns(pinfo, packet);
    if (tree && packet)
        generated(proto_tree_add_uint(tree, hf_goes_on_in, nullptr, 0, 0, packet));
}

void register_message_fields() {
    static hf_register_info fields[] = {
        {&hf_number,
         {"Message", "ws.message.number", FT_UINT32, BASE_DEC, nullptr, 0,
          "Which message of its connection and direction, from 1", HFILL}},
        {&hf_opcode,
         {"Opcode", "ws.message.opcode", FT_UINT8, BASE_DEC, VALS(message_opcodes), 0, "The opcode of its first frame", HFILL}},
        {&hf_text,
         {"Text", "ws.message.text", FT_STRING, BASE_NONE, nullptr, 0, "The whole text message, reassembled and decompressed",
          HFILL}},
        {&hf_line,
         {"Line", "ws.message.line", FT_NONE, BASE_NONE, nullptr, 0, "A line of a text message that has several", HFILL}},
        {&hf_valid_text,
         {"Text, as far as it is UTF-8", "ws.message.valid_text", FT_STRING, BASE_NONE, nullptr, 0,
          "What a text message that is no UTF-8 has before the first bad byte", HFILL}},
        {&hf_goes_on_in,
         {"Goes on in", "ws.message.goes_on_in", FT_FRAMENUM, BASE_NONE, nullptr, 0,
          "The packet of the next message, where a unit of the subprotocol goes on that this message begins", HFILL}},
        {&hf_info,
         {"Information", "ws.message.info", FT_STRING, BASE_NONE, nullptr, 0, "What its subprotocol says of it, in one line",
          HFILL}},
        {&hf_data,
         {"Data", "ws.message.data", FT_BYTES, BASE_NONE, nullptr, 0,
          "The whole message, reassembled and decompressed, if it is no text or has NULs", HFILL}},
        {&hf_length,
         {"Length", "ws.message.length", FT_UINT64, BASE_DEC, nullptr, 0, "Bytes of application data, after decompression",
          HFILL}},
        {&hf_wire_length,
         {"Length on the wire", "ws.message.wire_length", FT_UINT64, BASE_DEC, nullptr, 0,
          "Payload bytes of its frames, before decompression", HFILL}},
        {&hf_compressed,
         {"Compressed", "ws.message.compressed", FT_BOOLEAN, BASE_NONE, nullptr, 0, "The message was sent compressed", HFILL}},
        {&hf_frames,
         {"Frames", "ws.message.frames", FT_UINT32, BASE_DEC, nullptr, 0, "How many frames carried the message", HFILL}},
        {&hf_fragments,
         {"Fragments", "ws.fragments", FT_NONE, BASE_NONE, nullptr, 0, "The frames that carried the message", HFILL}},
        {&hf_fragment,
         {"Fragment", "ws.fragment", FT_FRAMENUM, BASE_NONE, nullptr, 0, "The packet that completed one of its frames", HFILL}},
        {&hf_fragment_count,
         {"Fragment count", "ws.fragment.count", FT_UINT32, BASE_DEC, nullptr, 0, "How many frames carried the message", HFILL}},
        {&hf_reassembled_length,
         {"Reassembled length", "ws.reassembled.length", FT_UINT64, BASE_DEC, nullptr, 0,
          "Bytes of the whole message, after decompression", HFILL}},
    };
    static int* subtrees[] = {&ett_message, &ett_text, &ett_fragments};
    proto_register_field_array(protocol.id, fields, array_length(fields));
    proto_register_subtree_array(subtrees, array_length(subtrees));
}

} // namespace ws
