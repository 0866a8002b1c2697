// SPDX-License-Identifier: GPL-2.0-or-later
#include "wireshark/conversations.hpp"

#include "wireshark/handles.hpp"
#include "wireshark/layers.hpp"
#include "wireshark/tcp_ends.hpp"

namespace ws {
namespace {

void take_conversation(packet_info* pinfo, dissector_handle_t to) {
    const auto layers = layers_of(pinfo);
    if (!layers.http_on_tcp && !(layers.http_on_socks && to == handles.frames))
        return;
    auto* conversation = tcp_conversation(pinfo);
    const auto now = conversation_get_dissector(conversation, pinfo->num + 1);
    const char* name = now ? dissector_handle_get_dissector_name(now) : nullptr;
    if (now == handles.connect_tunnel && to == handles.awaiting_response)
        return; // the proxy's answer may be still to come
    if (!now || layers.http_on_socks || now == handles.awaiting_response || now == handles.frames ||
        now == handles.connect_tunnel || (name && g_str_has_prefix(name, "http")))
        conversation_set_dissector_from_frame_number(conversation, pinfo->num + 1, to);
}

} // namespace

void let_frames_follow(packet_info* pinfo) {
    take_conversation(pinfo, handles.frames);
}

void let_response_follow(packet_info* pinfo) {
    take_conversation(pinfo, handles.awaiting_response);
}

void give_conversation(packet_info* pinfo, dissector_handle_t to, guint32 from) {
    conversation_set_dissector_from_frame_number(find_or_create_conversation(pinfo), from, to);
}

} // namespace ws
