// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/violation_fields.hpp"

#include "view/expert_fields.hpp"
#include "view/fields.hpp"

#include "wireshark/protocol.hpp"

#include <utility>

namespace ws {
namespace {

int hf_violation = -1;
int hf_undecoded = -1;
std::vector<expert_field> ei_violations;

struct Range {
    int offset;
    int length;
};

/// The bytes of a frame that a rule is about, within what was captured.
Range place(const Frame& frame, Violation violation) {
    const auto& h = frame.header;
    const int captured = static_cast<int>(frame.payload.size());
    switch (violation_table()[static_cast<std::size_t>(violation)].where) {
    case Where::flags: return {0, 1};
    case Where::mask: return {1, h.masked ? h.size - 1 : 1};
    case Where::length: return {1, 1 + h.length_size};
    case Where::payload: break;
    case Where::handshake: return {0, 0};
    }
    const bool in_payload = violation == Violation::text_not_utf8 || violation == Violation::close_reason_not_utf8;
    const int offset = in_payload && frame.violation_offset < frame.payload.size() ? static_cast<int>(frame.violation_offset) : 0;
    return {h.size + offset, captured - offset};
}

} // namespace

void add_violation(proto_tree* tree, packet_info* pinfo, tvbuff_t* tvb, int offset, int length, Violation violation) {
    const auto number = static_cast<std::size_t>(violation);
    const auto& info = violation_table()[number];
    auto* item = tree ? proto_tree_add_string(tree, hf_violation, tvb, offset, length, info.name) : nullptr;
    generated(item);
    expert_add_info_format(pinfo, item, &ei_violations[number], "%s (RFC %u, %s)", info.sentence, info.rfc, info.section);
}

void add_violations(proto_tree* tree, packet_info* pinfo, tvbuff_t* tvb, int offset, const Frame& frame) {
    if (!frame.violations.any())
        return;
    for (std::size_t i = 0; i < violation_table().size(); ++i) {
        const auto violation = static_cast<Violation>(i);
        if (!frame.violations.has(violation))
            continue;
        const auto range = place(frame, violation);
        add_violation(tree, pinfo, tvb, offset + range.offset, range.length, violation);
    }
}

void add_undecoded(proto_tree* tree, tvbuff_t* tvb, int offset, int length, Undecoded reason) {
    generated(proto_tree_add_string(tree, hf_undecoded, tvb, offset, length, undecoded_name(reason)));
}

void register_violation_fields() {
    static hf_register_info fields[] = {
        {&hf_violation,
         {"Violation", "ws.violation", FT_STRING, BASE_NONE, nullptr, 0, "A rule that this frame or handshake breaks", HFILL}},
        {&hf_undecoded,
         {"Not decoded", "ws.undecoded", FT_STRING, BASE_NONE, nullptr, 0,
          "Why something could not be decoded: gap, truncated, no_context, limit, resynchronised", HFILL}},
    };
    proto_register_field_array(protocol.id, fields, array_length(fields));
    register_expert_fields("ws.violation.", violation_table(), ei_violations,
                           [](const ViolationInfo&) { return std::pair(PI_PROTOCOL, PI_ERROR); });
}

} // namespace ws
