// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/protocol.hpp"

#include <vector>

namespace ws {

/// Registers an expert field for each row of a table, named `prefix` and the row's name, of the group and severity that `kind`
/// gives for the row. `fields` and the names live as long as Wireshark; once for each type of table.
template <class Rows, class Kind>
void register_expert_fields(const char* prefix, const Rows& rows, std::vector<expert_field>& fields, Kind kind) {
    fields.assign(rows.size(), EI_INIT);
    static std::vector<ei_register_info> infos; // Wireshark keeps the addresses
    infos.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto [group, severity] = kind(rows[i]);
        infos.push_back({&fields[i], {g_strconcat(prefix, rows[i].name, nullptr), group, severity, rows[i].sentence, EXPFILL}});
    }
    expert_register_field_array(expert_register_protocol(protocol.id), infos.data(), static_cast<int>(infos.size()));
}

} // namespace ws
