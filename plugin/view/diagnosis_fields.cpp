// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/diagnosis_fields.hpp"

#include "view/columns.hpp"
#include "view/expert_fields.hpp"
#include "view/fields.hpp"

#include "wireshark/protocol.hpp"

#include <utility>

namespace ws {
namespace {

int hf_diagnosis = -1;
int hf_seen = -1;
int hf_cause = -1;
int hf_check = -1;
int hf_about = -1;
int hf_explanation = -1;
int ett_diagnosis = -1;
std::vector<expert_field> ei_diagnoses;

/// A claims set has few members; each makes two tokens.

} // namespace

void add_diagnosis(proto_tree* tree, packet_info* pinfo, tvbuff_t* tvb, int offset, int length, const Diagnosed& found) {
    const auto number = static_cast<std::size_t>(found.diagnosis);
    add_diagnosis_to_columns(pinfo, found);
    auto* item = tree ? generated(proto_tree_add_string(tree, hf_diagnosis, tvb, offset, length, diagnosis_table()[number].name))
                      : nullptr;
    expert_add_info_format(pinfo, item, &ei_diagnoses[number], "%s", found.seen.data());
    if (!item)
        return;
    auto* parts = proto_item_add_subtree(item, ett_diagnosis);
    const std::pair<int, std::string_view> texts[] = {{hf_seen, found.seen}, {hf_cause, found.cause}, {hf_check, found.check}};
    for (const auto& [field, text] : texts)
        if (!text.empty())
            generated(proto_tree_add_string(parts, field, tvb, offset, length, text.data()));
    if (found.about)
        generated(proto_tree_add_uint(parts, hf_about, tvb, offset, length, found.about));
    // For scripts; a reader has the parts.
    const char* whole = wmem_strdup_printf(pinfo->pool, "%s%s%s%s%s", found.seen.data(), found.cause.empty() ? "" : " ",
                                           found.cause.data(), found.check.empty() ? "" : " ", found.check.data());
    proto_item_set_hidden(generated(proto_tree_add_string(parts, hf_explanation, tvb, offset, length, whole)));
}

gint diagnosis_subtree() {
    return ett_diagnosis;
}

void register_diagnosis_fields() {
    static hf_register_info fields[] = {
        {&hf_diagnosis,
         {"Diagnosis", "ws.diagnosis", FT_STRING, BASE_NONE, nullptr, 0, "What probably went wrong with the connection", HFILL}},
        {&hf_seen, {"Seen", "ws.diagnosis.seen", FT_STRING, BASE_NONE, nullptr, 0, "What the packets show", HFILL}},
        {&hf_cause, {"Likely cause", "ws.diagnosis.cause", FT_STRING, BASE_NONE, nullptr, 0, "What it probably means", HFILL}},
        {&hf_check, {"To check", "ws.diagnosis.check", FT_STRING, BASE_NONE, nullptr, 0, "Where to look next", HFILL}},
        {&hf_about,
         {"About", "ws.diagnosis.about", FT_FRAMENUM, BASE_NONE, nullptr, 0, "The packet that explains it best", HFILL}},
        {&hf_explanation,
         {"Explanation", "ws.diagnosis.explanation", FT_STRING, BASE_NONE, nullptr, 0,
          "What was seen, what it probably means, and what to check", HFILL}},
    };
    static int* subtrees[] = {&ett_diagnosis};
    proto_register_subtree_array(subtrees, array_length(subtrees));
    proto_register_field_array(protocol.id, fields, array_length(fields));
    register_expert_fields("ws.diagnosis.", diagnosis_table(), ei_diagnoses, [](const DiagnosisInfo& row) {
        return std::pair(row.evidence == Evidence::head ? PI_RESPONSE_CODE : PI_SEQUENCE,
                         row.severity == Severity::note ? PI_NOTE : PI_WARN);
    });
}

} // namespace ws
