// SPDX-License-Identifier: GPL-2.0-or-later
#include "state/open_requests.hpp"

#include "state/capture.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/tcp_ends.hpp"

#include <algorithm>

namespace ws {
namespace {

constexpr guint32 most_listed = 100;

} // namespace

guint32 open_requests(packet_info* pinfo) {
    const auto* known = find_conversation_of(pinfo);
    const auto* tunnel = known ? known->tunnel.get() : nullptr;
    const guint32 connect = tunnel && !tunnel->answered && tunnel->packet < pinfo->num ? 1 : 0;
    if constexpr (http_lists_requests) {
        auto* conversation = find_tcp_conversation(pinfo);
        const auto* http =
            conversation ? static_cast<const http_conv_t*>(conversation_get_proto_data(conversation, ids.http)) : nullptr;
        return std::max(http ? unanswered_requests(http, pinfo->num, most_listed) : 0, connect);
    }
    return std::max(known ? known->open_requests : 0, connect);
}

void count_http_message(packet_info* pinfo, const http_req_res_t& last) {
    if (http_lists_requests)
        return;
    if (last.res_framenum != pinfo->num)
        ++conversation_of(pinfo).open_requests;
    else if (auto* conversation = find_conversation_of(pinfo); conversation && conversation->open_requests)
        --conversation->open_requests;
}

} // namespace ws
