// SPDX-License-Identifier: GPL-2.0-or-later
// Statistics > WebSocket Sessions in the GUI: the rows of -z ws,sessions in a table that can be sorted, filtered and copied.
#include "taps/session_rows.hpp"
#include "taps/taps.hpp"

#include <array>
#include <unordered_map>
#include <vector>

namespace ws {
namespace {

constexpr char title[] = "WebSocket Sessions";
constexpr std::size_t count = std::size(session_columns);
using Items = std::array<stat_tap_table_item_type, count>;

/// What the table was made from; Wireshark has one table of a kind.
SessionRows rows;
std::unordered_map<std::uint32_t, guint> places; ///< In the table, by stream.
/// Rows of it that a dialog may still show; more than one may be open.
std::vector<stat_tap_table_item_type*> earlier;

stat_tap_table_item_type item(double number) {
    stat_tap_table_item_type made{};
    made.type = TABLE_ITEM_FLOAT;
    made.value.float_value = number;
    return made;
}

/// Wireshark's whole numbers have 32 bits.
stat_tap_table_item_type item(std::uint64_t number) {
    stat_tap_table_item_type made{};
    if (number > G_MAXUINT32)
        return item(static_cast<double>(number));
    made.type = TABLE_ITEM_UINT;
    made.value.uint_value = static_cast<guint>(number);
    return made;
}

stat_tap_table_item_type item(const std::string& text) {
    stat_tap_table_item_type made{};
    made.type = TABLE_ITEM_STRING;
    made.value.string_value = g_strdup(text.c_str());
    return made;
}

/// In the order of session_columns.
Items items_of(const SessionRow& row) {
    return {item(std::uint64_t{row.stream}),
            item(row.client),
            item(row.server),
            item(row.url),
            item(row.subprotocol),
            item(row.start),
            item(row.duration),
            item(std::uint64_t{row.messages[0]}),
            item(std::uint64_t{row.messages[1]}),
            item(row.bytes[0]),
            item(row.bytes[1]),
            item(row.ratio),
            item(row.round_trip),
            item(row.closed_by),
            item(row.code),
            item(row.diagnoses)};
}

void free_item(stat_tap_table*, guint, guint, stat_tap_table_item_type* item) {
    if (item->type == TABLE_ITEM_STRING)
        g_free(const_cast<char*>(item->value.string_value));
    item->type = TABLE_ITEM_NONE;
}

void free_items(stat_tap_table_item_type* row) {
    for (guint column = 0; column < count; ++column)
        free_item(nullptr, 0, column, row + column);
}

void reset(stat_tap_table* table) {
    rows.clear();
    places.clear();
    earlier.insert(earlier.end(), table->elements, table->elements + table->num_elements);
    table->num_elements = 0;
}

void begin(stat_tap_table_ui* ui) {
    if (auto* table = stat_tap_find_table(ui, title))
        return reset(table);
    for (auto* row : earlier) { // no dialog is open
        free_items(row);
        g_free(row);
    }
    earlier.clear();
    stat_tap_add_table(ui, stat_tap_init_table(title, count, 0, nullptr));
}

tap_packet_status add(void* data, packet_info* pinfo, epan_dissect_t*, const void* queued, tap_flags_t) {
    const auto& tapped = *static_cast<const Tapped*>(queued);
    if (tapped.stream == no_stream)
        return TAP_PACKET_DONT_REDRAW;
    auto* table = stat_tap_find_table(static_cast<stat_data_t*>(data)->stat_tap_data, title);
    rows.add(pinfo, tapped);
    const auto [known, is_new] = places.try_emplace(tapped.stream, table->num_elements);
    if (!is_new)
        free_items(table->elements[known->second]);
    stat_tap_init_table_row(table, known->second, count, items_of(rows.row(tapped.stream)).data());
    return TAP_PACKET_REDRAW;
}

std::array<stat_tap_table_item, count> columns() {
    std::array<stat_tap_table_item, count> made{};
    auto items = items_of({});
    for (std::size_t i = 0; i < count; ++i) {
        const char* format = items[i].type == TABLE_ITEM_STRING ? "%s" : items[i].type == TABLE_ITEM_UINT ? "%u" : "%.3f";
        made[i] = {items[i].type, session_columns[i].number ? TAP_ALIGN_RIGHT : TAP_ALIGN_LEFT, session_columns[i].title, format};
        free_item(nullptr, 0, 0, &items[i]);
    }
    return made;
}

} // namespace

void register_session_table() {
    static auto shown = columns();
    static stat_tap_table_ui ui{};
    ui.group = REGISTER_PACKET_STAT_GROUP_UNSORTED;
    ui.title = title;
    ui.tap_name = "ws";
    ui.cli_string = "ws,session_table"; // does not begin with that of another
    ui.stat_tap_init_cb = begin;
    ui.packet_func = add;
    ui.stat_tap_reset_table_cb = reset;
    ui.stat_tap_free_table_item_cb = free_item;
    ui.nfields = shown.size();
    ui.fields = shown.data();
    static tap_param filter{PARAM_FILTER, "filter", "Filter", nullptr, true};
    ui.nparams = 1;
    ui.params = &filter;
    register_stat_tap_table_ui(&ui);
}

} // namespace ws
