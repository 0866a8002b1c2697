// SPDX-License-Identifier: GPL-2.0-or-later
// What TCP calls before the dissector of a port has its turn.
#include "entry/callbacks.hpp"
#include "entry/entries.hpp"
#include "flow/awaited_request.hpp"
#include "state/capture.hpp"
#include "wireshark/call.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/tcp_ends.hpp"

#include <string_view>

namespace ws {
namespace {

/// Returns 0 for all but the request itself: then TCP goes on as without us.
int dissect_awaiting_request(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* tcp) noexcept {
    if (!PINFO_FD_VISITED(pinfo) && tcp && look_for_request(tvb, pinfo, tcp) == RequestStart::Verdict::upgrade) {
        auto* conversation = tcp_conversation(pinfo);
        conversation_set_dissector_from_frame_number(conversation, pinfo->num, handles.awaiting_request);
        conversation_set_dissector_from_frame_number(conversation, pinfo->num + 1, handles.awaiting_response);
    }
    guint before = 0;
    auto* request = awaited_request(tvb, pinfo, tcp, before);
    if (!request)
        return 0;
    keep_desegmentation(pinfo);
    const int taken = call_dissector_only(handles.awaiting_response, request, pinfo, tree, tcp);
    if (pinfo->desegment_len)
        pinfo->desegment_offset -= static_cast<int>(before);
    return taken;
}

} // namespace

bool begins_request(tvbuff_t* tvb, packet_info* pinfo, const void* tcp) {
    if (awaits_rest_of_request(pinfo))
        return true;
    const std::string_view get = "GET /";
    const auto size = tvb_captured_length(tvb);
    const std::string_view bytes(reinterpret_cast<const char*>(tvb_get_ptr(tvb, 0, static_cast<int>(size))), size);
    if (bytes.empty() || !get.starts_with(bytes.substr(0, get.size())))
        return false;
    capture->asked_with_get = pinfo->num;
    if (bytes.find('\n') != std::string_view::npos) // HTTP's own heuristic wants the whole line in one segment
        return false;
    await_rest_of_request(pinfo);
    return look_for_request(tvb, pinfo, tcp) == RequestStart::Verdict::incomplete;
}

void register_request_entry() {
    handles.awaiting_request = unnamed_dissector(dissect_awaiting_request, -1);
}

} // namespace ws
