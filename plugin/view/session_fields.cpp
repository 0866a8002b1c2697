// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/session_fields.hpp"

#include "view/fields.hpp"

#include "dissector/close_code.hpp"
#include "dissector/session_summary.hpp"
#include "wireshark/protocol.hpp"

namespace ws {
namespace {

int hf_duration = -1;
int hf_messages[2] = {-1, -1}; // indexed by Direction
int hf_bytes[2] = {-1, -1};
int hf_wire_bytes[2] = {-1, -1};
int hf_ratio[2] = {-1, -1};
int hf_rtt_mean = -1;
int hf_rtt_max = -1;
int hf_closed_by = -1;
int hf_code = -1;
int hf_state = -1;
int hf_url = -1;
int hf_subprotocol = -1;
int hf_first = -1;
int hf_last = -1;

int ett_session = -1;

const value_string states[] = {{0, "Closed"}, {1, "Aborted"}, {2, "Open, the capture ends first"}, {3, "Refused"}, {0, nullptr}};
const value_string closers[] = {{0, "Client"}, {1, "Server"}, {2, "Nobody"}, {0, nullptr}};

void add_statistics(proto_tree* tree, tvbuff_t* tvb, const Statistics& statistics) {
    for (std::size_t i = 0; i < 2; ++i) {
        const auto& side = statistics.sides[i];
        generated(proto_tree_add_uint(tree, hf_messages[i], tvb, 0, 0, side.messages));
        generated(proto_tree_add_uint64(tree, hf_bytes[i], tvb, 0, 0, side.bytes));
        generated(proto_tree_add_uint64(tree, hf_wire_bytes[i], tvb, 0, 0, side.wire_bytes));
        if (side.wire_bytes && side.bytes != side.wire_bytes) {
            const double ratio = static_cast<double>(side.bytes) / static_cast<double>(side.wire_bytes);
            generated(proto_tree_add_double_format_value(tree, hf_ratio[i], tvb, 0, 0, ratio, "%.2f", ratio));
        }
    }
    if (statistics.round_trips) {
        add_nanoseconds(tree, hf_rtt_mean, tvb, 0, statistics.round_trip_sum / statistics.round_trips);
        add_nanoseconds(tree, hf_rtt_max, tvb, 0, statistics.round_trip_max);
    }
}

} // namespace

void add_session_summary(proto_tree* parent, tvbuff_t* tvb, const SessionSummary& summary) {
    proto_item* item = nullptr;
    auto* tree = proto_tree_add_subtree(parent, tvb, 0, 0, ett_session, &item, "Session summary");
    generated(item);
    generated(proto_tree_add_uint(tree, hf_state, tvb, 0, 0, static_cast<guint32>(summary.state)));
    if (*summary.url)
        generated(proto_tree_add_string(tree, hf_url, tvb, 0, 0, summary.url));
    if (*summary.subprotocol)
        generated(proto_tree_add_string(tree, hf_subprotocol, tvb, 0, 0, summary.subprotocol));
    generated(proto_tree_add_uint(tree, hf_first, tvb, 0, 0, summary.first));
    generated(proto_tree_add_uint(tree, hf_last, tvb, 0, 0, summary.last));
    add_nanoseconds(tree, hf_duration, tvb, 0, summary.end - summary.begin);
    if (summary.statistics)
        add_statistics(tree, tvb, *summary.statistics);
    if (summary.state == SessionState::refused)
        return;
    const auto& close = summary.close;
    generated(proto_tree_add_uint(tree, hf_closed_by, tvb, 0, 0, close ? static_cast<guint32>(close->from) : 2));
    if (close && close->code) {
        auto* code = proto_tree_add_uint(tree, hf_code, tvb, 0, 0, *close->code);
        generated(code);
        proto_item_append_text(code, " (%s)", close_code(*close->code).name);
    }
}

void register_session_fields() {
    static hf_register_info fields[] = {
        {&hf_duration,
         {"Duration", "ws.session.duration", FT_RELATIVE_TIME, BASE_NONE, nullptr, 0, "From the request to this packet", HFILL}},
        {&hf_messages[0],
         {"Messages of the client", "ws.session.messages.client", FT_UINT32, BASE_DEC, nullptr, 0,
          "Complete messages that the client sent", HFILL}},
        {&hf_messages[1],
         {"Messages of the server", "ws.session.messages.server", FT_UINT32, BASE_DEC, nullptr, 0,
          "Complete messages that the server sent", HFILL}},
        {&hf_bytes[0],
         {"Bytes of the client", "ws.session.bytes.client", FT_UINT64, BASE_DEC, nullptr, 0,
          "Application data that the client sent, after decompression", HFILL}},
        {&hf_bytes[1],
         {"Bytes of the server", "ws.session.bytes.server", FT_UINT64, BASE_DEC, nullptr, 0,
          "Application data that the server sent, after decompression", HFILL}},
        {&hf_wire_bytes[0],
         {"Bytes of the client on the wire", "ws.session.wire_bytes.client", FT_UINT64, BASE_DEC, nullptr, 0,
          "Payload of the client's messages, before decompression", HFILL}},
        {&hf_wire_bytes[1],
         {"Bytes of the server on the wire", "ws.session.wire_bytes.server", FT_UINT64, BASE_DEC, nullptr, 0,
          "Payload of the server's messages, before decompression", HFILL}},
        {&hf_ratio[0],
         {"Compression ratio of the client", "ws.session.ratio.client", FT_DOUBLE, BASE_NONE, nullptr, 0,
          "Bytes after decompression for each byte before it, of the client's messages", HFILL}},
        {&hf_ratio[1],
         {"Compression ratio of the server", "ws.session.ratio.server", FT_DOUBLE, BASE_NONE, nullptr, 0,
          "Bytes after decompression for each byte before it, of the server's messages", HFILL}},
        {&hf_rtt_mean,
         {"Mean round-trip time", "ws.session.rtt.mean", FT_RELATIVE_TIME, BASE_NONE, nullptr, 0, "Of pings answered", HFILL}},
        {&hf_rtt_max,
         {"Worst round-trip time", "ws.session.rtt.max", FT_RELATIVE_TIME, BASE_NONE, nullptr, 0, "Of pings answered", HFILL}},
        {&hf_closed_by,
         {"Closed by", "ws.session.closed_by", FT_UINT8, BASE_DEC, VALS(closers), 0, "Who sent the first Close frame", HFILL}},
        {&hf_code, {"Close code", "ws.session.code", FT_UINT16, BASE_DEC, nullptr, 0, "Of the first Close frame", HFILL}},
        {&hf_state,
         {"State", "ws.session.state", FT_UINT8, BASE_DEC, VALS(states), 0,
          "How the connection ended, as far as the capture goes", HFILL}},
        {&hf_url, {"URL", "ws.session.url", FT_STRING, BASE_NONE, nullptr, 0, "What the client asked for", HFILL}},
        {&hf_subprotocol,
         {"Subprotocol", "ws.session.subprotocol", FT_STRING, BASE_NONE, nullptr, 0, "The one that was selected", HFILL}},
        {&hf_first,
         {"First packet", "ws.session.first", FT_FRAMENUM, BASE_NONE, nullptr, 0, "The packet with the request", HFILL}},
        {&hf_last, {"Last packet", "ws.session.last", FT_FRAMENUM, BASE_NONE, nullptr, 0, "The last packet so far", HFILL}},
    };
    static int* subtrees[] = {&ett_session};
    proto_register_field_array(protocol.id, fields, array_length(fields));
    proto_register_subtree_array(subtrees, array_length(subtrees));
}

} // namespace ws
