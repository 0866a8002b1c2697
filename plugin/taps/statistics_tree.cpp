// SPDX-License-Identifier: GPL-2.0-or-later
// Statistics > WebSocket, and tshark -z ws,tree[,FILTER].
#include "state/tapped.hpp"
#include "taps/taps.hpp"

#include "dissector/close_code.hpp"

#include <epan/stats_tree.h>

#include <string>
#include <unordered_map>
#include <unordered_set>

namespace ws {
namespace {

constexpr char connections[] = "Connections", handshakes[] = "Handshakes", frames[] = "Frames", sizes[] = "Message size (bytes)",
               compression[] = "Messages compressed", ratio[] = "Bytes inflated for each on the wire", closes[] = "Close codes",
               violations[] = "Violations", diagnoses[] = "Diagnoses", undecoded[] = "Not decoded",
               round_trips[] = "Round-trip time (ms)";

/// Connections that were counted.
std::unordered_map<const stats_tree*, std::unordered_set<std::uint32_t>> counted;

void tick(stats_tree* tree, const char* branch, const std::string& name) {
    stats_tree_tick_pivot(tree, stats_tree_parent_id_by_name(tree, branch), name.c_str());
}

void begin(stats_tree* tree) {
    counted[tree].clear();
    stats_tree_create_node(tree, connections, 0, STAT_DT_INT, FALSE);
    for (const auto* branch : {handshakes, frames})
        stats_tree_create_pivot(tree, branch, 0);
    stats_tree_create_range_node(tree, sizes, 0, "0-125", "126-1023", "1024-4095", "4096-65535", "65536-1048575", "1048576-",
                                 nullptr);
    for (const auto* branch : {compression, closes, violations, diagnoses, undecoded})
        stats_tree_create_pivot(tree, branch, 0);
    for (const auto* mean : {ratio, round_trips}) // a row that is not there before has each value make one
        stats_tree_create_node(tree, mean, 0, STAT_DT_FLOAT, FALSE);
}

void end(stats_tree* tree) {
    counted.erase(tree);
}

std::string opcode_name(std::uint8_t code) {
    constexpr const char* names[] = {"Continuation", "Text", "Binary", "", "", "", "", "", "Close", "Ping", "Pong"};
    return code < std::size(names) && *names[code] ? names[code] : "Reserved opcode " + std::to_string(code);
}

void add_message(stats_tree* tree, const Frame& frame) {
    const auto& message = *frame.completes;
    if (!is_decoded(frame))
        return tick(tree, undecoded, message.undecoded == Undecoded::no ? "inflate_failed" : undecoded_name(message.undecoded));
    tick_stat_node(tree, sizes, 0, FALSE);
    stats_tree_tick_range(tree, sizes, 0, static_cast<int>(std::min<std::size_t>(message.data.size(), G_MAXINT)));
    tick(tree, compression, message.compressed ? "Compressed" : "Not compressed");
    if (message.compressed && message.wire_length)
        avg_stat_node_add_value_float(tree, ratio, 0, FALSE,
                                      static_cast<float>(message.data.size()) / static_cast<float>(message.wire_length));
}

void add_frame(stats_tree* tree, const Frame& frame) {
    tick(tree, frames, opcode_name(frame.header.opcode));
    if (frame.completes)
        add_message(tree, frame);
    if (frame.header.opcode == opcode::close) {
        const bool has_code = frame.payload.size() >= 2;
        const auto code = has_code ? static_cast<std::uint16_t>(frame.payload[0] << 8 | frame.payload[1]) : 0;
        tick(tree, closes, has_code ? std::to_string(code) + ' ' + close_code(static_cast<std::uint16_t>(code)).name : "None");
    }
    if (frame.ping_in)
        avg_stat_node_add_value_float(tree, round_trips, 0, FALSE, static_cast<float>(frame.round_trip) / 1e6F);
    for (std::size_t i = 0; i < violation_table().size(); ++i)
        if (frame.violations.has(static_cast<Violation>(i)))
            tick(tree, violations, violation_table()[i].name);
}

tap_packet_status add(stats_tree* tree, packet_info*, epan_dissect_t*, const void* queued, tap_flags_t) {
    const auto& tapped = *static_cast<const Tapped*>(queued);
    if (tapped.connection && counted[tree].insert(tapped.stream).second)
        tick_stat_node(tree, connections, 0, FALSE);
    if (const auto* const* frame = std::get_if<const Frame*>(&tapped.what)) {
        add_frame(tree, **frame);
    } else if (const auto* half = std::get_if<TappedHandshake>(&tapped.what)) {
        tick(tree, handshakes, half->read.is_request ? "Requests" : "Responses with status " + std::to_string(half->read.status));
        for (const auto& violation : half->read.violations)
            tick(tree, violations, violation_table()[static_cast<std::size_t>(violation.violation)].name);
    } else if (const auto* found = std::get_if<Diagnosed>(&tapped.what)) {
        tick(tree, diagnoses, diagnosis_table()[static_cast<std::size_t>(found->diagnosis)].name);
    } else if (const auto* skipped = std::get_if<SkippedBytes>(&tapped.what)) {
        tick(tree, undecoded, undecoded_name(skipped->reason));
    }
    return TAP_PACKET_REDRAW;
}

} // namespace

void register_statistics_tree() {
    stats_tree_register_plugin("ws", "ws", "WebSocket", 0, add, begin, end);
}

} // namespace ws
