// SPDX-License-Identifier: GPL-2.0-or-later
#include "subprotocols/registration.hpp"

#include "subprotocols/protocols.hpp"
#include "subprotocols/show.hpp"

#include "dissector/subprotocols/subprotocols.hpp"

#include <deque>
#include <utility>

namespace ws {
namespace {

const value_string* values_of(std::span<const NumberName> names) {
    static std::deque<std::vector<value_string>> tables;
    auto& table = tables.emplace_back();
    for (const auto& [number, name] : names)
        table.push_back({number, name});
    table.push_back({0, nullptr});
    return table.data();
}

struct FieldType {
    ftenum_t type;
    int display;
    const void* strings;
};

FieldType type_of(const SubprotocolField& field) {
    switch (field.kind) {
    case FieldKind::text: return {FT_STRING, BASE_NONE, nullptr};
    case FieldKind::code: return {FT_UINT8, BASE_DEC, field.names.empty() ? nullptr : VALS(values_of(field.names))};
    case FieldKind::number: return {FT_UINT64, BASE_DEC, nullptr};
    case FieldKind::integer: return {FT_INT64, BASE_DEC, nullptr};
    case FieldKind::answered_in: return {FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE)};
    case FieldKind::asked_in: return {FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_REQUEST)};
    case FieldKind::belongs_to: return {FT_FRAMENUM, BASE_NONE, nullptr};
    case FieldKind::time: break;
    }
    return {FT_RELATIVE_TIME, BASE_NONE, nullptr};
}

void register_fields(RegisteredSubprotocol& one) {
    static std::deque<std::vector<hf_register_info>> tables;
    auto& table = tables.emplace_back();
    one.fields.assign(one.of->fields.size(), -1);
    for (std::size_t i = 0; i < one.fields.size(); ++i) {
        const auto& field = one.of->fields[i];
        const auto [type, display, strings] = type_of(field);
        table.push_back({&one.fields[i], {field.title, field.name, type, display, strings, 0, field.about, HFILL}});
    }
    proto_register_field_array(one.id, table.data(), static_cast<int>(table.size()));
    int* subtrees[] = {&one.subtree};
    proto_register_subtree_array(subtrees, 1);
    static std::deque<ei_register_info> experts;
    auto& expert = experts.emplace_back();
    expert = {&one.malformed,
              {g_strconcat(one.of->name, ".malformed", nullptr), PI_MALFORMED, PI_WARN,
               "The message could not be read to its end", EXPFILL}};
    expert_register_field_array(expert_register_protocol(one.id), &expert, 1);
}

/// Who finds the dissector by its name gives what he likes with the bytes.
template <std::size_t number>
int dissect_by_name(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void*) noexcept {
    return dissect_bytes(*all_subprotocols()[number], tvb, pinfo, tree);
}

template <std::size_t... numbers>
dissector_t by_name(std::size_t number, std::index_sequence<numbers...>) {
    static constexpr dissector_t each[] = {dissect_by_name<numbers>...};
    return each[number];
}

} // namespace

void register_subprotocols() {
    const auto each = all_subprotocols();
    for (std::size_t i = 0; i < each.size(); ++i) {
        const auto& of = *each[i];
        if (proto_get_id_by_filter_name(of.name) != -1)
            continue;
        auto& one = add_registered(of);
        one.id = proto_register_protocol(of.title, of.title, of.name);
        register_fields(one);
        one.of_message = create_dissector_handle(dissect_records, one.id);
        if (of.read)
            one.by_name = register_dissector(of.name, by_name(i, std::make_index_sequence<most_subprotocols>()), one.id);
    }
}

} // namespace ws
