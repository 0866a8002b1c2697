// SPDX-License-Identifier: GPL-2.0-or-later
#include "wireshark/limits.hpp"

#include "wireshark/handles.hpp"
#include "wireshark/protocol.hpp"
#include "wireshark/visit.hpp"

namespace ws {
namespace {

/// More than a frame and its message have, without what a subdissector adds.
constexpr guint most_items_of_a_frame = 4096;

int id_of(wmem_list_frame_t* layer) {
    return layer ? GPOINTER_TO_INT(wmem_list_frame_data(layer)) : -1;
}

/// Up to, and not including, `end`.
bool has_layer_before(const packet_info* pinfo, wmem_list_frame_t* end) {
    for (auto* at = wmem_list_head(pinfo->layers); at != end; at = wmem_list_frame_next(at))
        if (id_of(at) == id_of(end))
            return true;
    return false;
}

/// Later releases of 4.6 allow 50,000 items in a row that begin before an earlier one of the same bytes.
template <class Data>
void forget_furthest_item(Data& data) {
    if constexpr (requires { data.start_idle_count; }) {
        data.max_start = -1;
        data.start_idle_count = 0;
    }
}

} // namespace

void give_back_layers(const packet_info* pinfo, wmem_list_frame_t* last) {
    auto* at = last ? wmem_list_frame_next(last) : wmem_list_head(pinfo->layers);
    while (at) {
        auto* next = wmem_list_frame_next(at);
        if (has_layer_before(pinfo, at))
            wmem_list_remove_frame(pinfo->layers, at);
        at = next;
    }
}

void give_back_earlier_layers(const packet_info* pinfo) {
    auto* current = wmem_list_tail(pinfo->layers);
    if (id_of(current) != protocol.id)
        return;
    static PacketVisit called;
    if (called != this_visit(pinfo)) { // for the first time in this packet
        called = this_visit(pinfo);
        return;
    }
    const auto caller = id_of(wmem_list_frame_prev(current));
    for (auto* at = wmem_list_frame_prev(current); at;) {
        auto* before = wmem_list_frame_prev(at);
        if (id_of(at) == protocol.id) {
            wmem_list_remove_frame(pinfo->layers, at);
            if (before && caller == ids.http && id_of(before) == ids.http) {
                at = wmem_list_frame_prev(before);
                wmem_list_remove_frame(pinfo->layers, before);
                continue;
            }
        }
        at = before;
    }
}

void give_back_items(proto_tree* tree) {
    if (!tree)
        return;
    if (PTREE_DATA(tree)->count + most_items_of_a_frame > prefs.gui_max_tree_items)
        PTREE_DATA(tree)->count = 0; // as Wireshark does where it says that there are too many
    forget_furthest_item(*PTREE_DATA(tree));
}

} // namespace ws
