// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/control_fields.hpp"

#include "view/fields.hpp"

#include "dissector/close_code.hpp"
#include "dissector/words.hpp"
#include "wireshark/protocol.hpp"

#include <vector>

namespace ws {
namespace {

int hf_close_code = -1;
int hf_close_reason = -1;
int hf_close_in = -1;
int hf_close_first = -1;
int hf_ping = -1;
int hf_pong = -1;
int hf_pong_in = -1;
int hf_ping_in = -1;
int hf_rtt = -1;

/// The core's close codes as Wireshark's value strings.
const range_string* close_codes() {
    static std::vector<range_string> rows;
    for (const auto& row : close_code_table())
        rows.push_back({row.first, row.last, row.name});
    rows.push_back({0, 0, nullptr});
    return rows.data();
}

/// Of a ping or pong, with the text that it is.
void add_application_data(const FrameTree& at, packet_info* pinfo, int field, const Frame& frame) {
    if (frame.payload.empty())
        return; // of no bytes Wireshark says that they are missing
    auto* item =
        proto_tree_add_item(at.tree, field, at.payload.tvb, at.payload.offset, static_cast<gint>(frame.payload.size()), ENC_NA);
    if (PTREE_DATA(at.tree)->visible && is_printable(frame.payload))
        proto_item_append_text(item, " (%s)", kept_in_quotes(as_text(frame.payload), packet_arena(pinfo)).data());
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

} // namespace

void add_control(const FrameTree& at, packet_info* pinfo, const Frame& frame) {
    switch (frame.header.opcode) {
    case opcode::close: add_close(at, pinfo, frame); break;
    case opcode::ping:
        add_application_data(at, pinfo, hf_ping, frame);
        if (frame.pong_in)
            generated(proto_tree_add_uint(at.tree, hf_pong_in, at.frame.tvb, at.frame.offset, 0, frame.pong_in));
        break;
    case opcode::pong:
        add_application_data(at, pinfo, hf_pong, frame);
        if (frame.ping_in) {
            generated(proto_tree_add_uint(at.tree, hf_ping_in, at.frame.tvb, at.frame.offset, 0, frame.ping_in));
            add_nanoseconds(at.tree, hf_rtt, at.frame.tvb, at.frame.offset, frame.round_trip);
        }
        break;
    default: break;
    }
}

void register_control_fields() {
    static hf_register_info fields[] = {
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
    };
    proto_register_field_array(protocol.id, fields, array_length(fields));
}

} // namespace ws
