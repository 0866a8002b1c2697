// SPDX-License-Identifier: GPL-2.0-or-later
#include "wireshark/layers.hpp"

#include "wireshark/handles.hpp"

namespace ws {

Layers layers_of(const packet_info* pinfo) {
    Layers layers;
    unsigned http = 0;
    int below = -1;
    for (auto* at = wmem_list_head(pinfo->layers); at; at = wmem_list_frame_next(at)) {
        const int id = GPOINTER_TO_INT(wmem_list_frame_data(at));
        if (id == ids.http) {
            layers.http_on_tcp = ++http == 1 && below == ids.tcp;
            layers.http_on_socks = http == 1 && below == ids.socks;
        }
        layers.tls = layers.tls || id == ids.tls;
        below = id;
    }
    return layers;
}

bool has_tls(const packet_info* pinfo) {
    return wmem_list_find(pinfo->layers, GINT_TO_POINTER(ids.tls)) != nullptr;
}

tvbuff_t* add_segmented_request(tvbuff_t* parent, packet_info* pinfo, std::string_view bytes, guint cut) {
    const auto size = static_cast<guint>(bytes.size());
    auto* tvb =
        tvb_new_child_real_data(parent, reinterpret_cast<const guint8*>(bytes.data()), size, static_cast<gint>(size + cut));
    add_new_data_source(pinfo, tvb, segmented_request);
    return tvb;
}

} // namespace ws
