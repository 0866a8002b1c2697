// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/diagnosis_fields.hpp"

#include "view/expert_fields.hpp"
#include "view/fields.hpp"

#include "dissector/token.hpp"
#include "wireshark/protocol.hpp"

#include <utility>

namespace ws {
namespace {

int hf_diagnosis = -1;
int hf_explanation = -1;
int ett_diagnosis = -1;
std::vector<expert_field> ei_diagnoses;

/// A claims set has few members; each makes two tokens.
constexpr unsigned most_json_tokens = 1024;

} // namespace

void add_diagnosis(proto_tree* tree, packet_info* pinfo, tvbuff_t* tvb, int offset, int length, Diagnosis diagnosis,
                   const char* text) {
    const auto number = static_cast<std::size_t>(diagnosis);
    auto* item = proto_tree_add_string(tree, hf_diagnosis, tvb, offset, length, diagnosis_table()[number].name);
    proto_item_set_generated(item);
    expert_add_info_format(pinfo, item, &ei_diagnoses[number], "%s", text);
    // Expert infos are cut at 240 characters.
    auto* whole = proto_tree_add_string(proto_item_add_subtree(item, ett_diagnosis), hf_explanation, tvb, offset, length, text);
    proto_item_set_generated(whole);
}

gint diagnosis_subtree() {
    return ett_diagnosis;
}

bool read_claims(std::string_view json, Claims& claims) {
    std::string text(json); // wsjson writes into it
    std::vector<jsmntok_t> tokens(most_json_tokens);
    const int count = json_parse(text.c_str(), tokens.data(), most_json_tokens);
    if (count < 1 || tokens[0].type != JSMN_OBJECT)
        return false;
    double value = 0;
    if (json_get_double(text.data(), tokens.data(), "exp", &value))
        claims.expires = value;
    if (json_get_double(text.data(), tokens.data(), "nbf", &value))
        claims.not_before = value;
    return true;
}

void register_diagnosis_fields() {
    static hf_register_info fields[] = {
        {&hf_diagnosis,
         {"Diagnosis", "ws.diagnosis", FT_STRING, BASE_NONE, nullptr, 0, "What probably went wrong with the connection", HFILL}},
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
