// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/decompressed_fields.hpp"

#include "view/data_source.hpp"
#include "view/fields.hpp"

#include "dissector/utf8.hpp"

namespace ws {
namespace {

int hf_format = -1;
int hf_length = -1;
int hf_text = -1;
int hf_data = -1;
int ett_decompressed = -1;

} // namespace

Place add_decompressed(proto_tree* tree, packet_info* pinfo, Place message, const Decompressed& opened, std::uint32_t number) {
    const auto size = static_cast<gint>(opened.data.size());
    auto* tvb = tvb_new_child_real_data(message.tvb, opened.data.data(), static_cast<guint>(size), size);
    add_data_source(pinfo, tvb, "Decompressed message", number);
    if (!tree)
        return {tvb, 0};
    auto* item = generated(proto_tree_add_string(tree, hf_format, tvb, 0, size, opened.format));
    auto* subtree = proto_item_add_subtree(item, ett_decompressed);
    generated(proto_tree_add_uint64(subtree, hf_length, tvb, 0, 0, opened.data.size()));
    if (well_formed_part(opened.data) == opened.data.size())
        add_text(subtree, pinfo, hf_text, tvb, 0, size, as_text(opened.data));
    else
        proto_tree_add_item(subtree, hf_data, tvb, 0, size, ENC_NA);
    return {tvb, 0};
}

void register_decompressed_fields() {
    static hf_register_info fields[] = {
        {&hf_format,
         {"Decompressed", "ws.decompressed", FT_STRING, BASE_NONE, nullptr, 0,
          "How the application itself had compressed the message: zlib, gzip or zstd", HFILL}},
        {&hf_length, {"Length", "ws.decompressed.length", FT_UINT64, BASE_DEC, nullptr, 0, "Bytes of it, decompressed", HFILL}},
        {&hf_text, {"Text", "ws.decompressed.text", FT_STRING, BASE_NONE, nullptr, 0, "What it says, if it is text", HFILL}},
        {&hf_data, {"Data", "ws.decompressed.data", FT_BYTES, BASE_NONE, nullptr, 0, "What it is, if it is no text", HFILL}},
    };
    static int* subtrees[] = {&ett_decompressed};
    proto_register_field_array(protocol.id, fields, array_length(fields));
    proto_register_subtree_array(subtrees, array_length(subtrees));
}

} // namespace ws
