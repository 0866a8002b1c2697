// SPDX-License-Identifier: GPL-2.0-or-later
// Requests that wait for their response. Where HTTP's own list of them can be read, nothing is counted here.
#include "state/open_requests.hpp"

#include "wireshark/protocol.hpp"
#include "wireshark/tcp_ends.hpp"

#include <unordered_map>

namespace ws {
namespace {

constexpr guint32 most_listed = 100;

struct File {
    std::unordered_map<const conversation_t*, guint32> open; ///< Without those that have none.
};
File* file = nullptr;
int http_id = -1;

} // namespace

guint32 open_requests(packet_info* pinfo) {
    auto* conversation = find_tcp_conversation(pinfo);
    if (!conversation)
        return 0;
    if constexpr (http_lists_requests) {
        const auto* http = static_cast<const http_conv_t*>(conversation_get_proto_data(conversation, http_id));
        return http ? unanswered_requests(http, pinfo->num, most_listed) : 0;
    }
    const auto it = file->open.find(conversation);
    return it == file->open.end() ? 0 : it->second;
}

void count_http_message(packet_info* pinfo, const http_req_res_t& last) noexcept {
    const auto* conversation = http_lists_requests ? nullptr : find_tcp_conversation(pinfo);
    if (!conversation)
        return;
    if (last.res_framenum != pinfo->num) {
        ++file->open[conversation];
    } else if (const auto it = file->open.find(conversation); it != file->open.end() && --it->second == 0) {
        file->open.erase(it);
    }
}

void register_open_requests() {
    register_init_routine([] { file = new File; });
    register_cleanup_routine([] {
        delete file;
        file = nullptr;
    });
}

void hand_off_open_requests() {
    http_id = proto_get_id_by_filter_name("http");
}

} // namespace ws
