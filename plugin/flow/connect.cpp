// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow/connect.hpp"

#include "dissector/http_head.hpp"
#include "flow/connect_tunnel.hpp"
#include "flow/tapping.hpp"
#include "state/capture.hpp"
#include "view/diagnosis_fields.hpp"
#include "wireshark/protocol.hpp"

namespace ws {
namespace {

/// More hosts than a file will ask for; what comes after is not remembered.
constexpr std::size_t most_targets = 100000;
constexpr std::size_t longest_target = 300;

std::string lower(std::string_view text) {
    std::string out(text.substr(0, longest_target));
    for (auto& c : out)
        c = g_ascii_tolower(c);
    return out;
}

void add_request(const HttpHead& head, packet_info* pinfo) {
    conversation_of(pinfo).connects.push_back({0, lower(head.target)});
    capture->connect_seen = true;
}

const Connect* find_answered(packet_info* pinfo) {
    auto* conversation = find_conversation_of(pinfo);
    if (!conversation || conversation->connects.empty())
        return nullptr;
    auto& connects = conversation->connects;
    if (!PINFO_FD_VISITED(pinfo) && !connects.back().response_packet)
        connects.back().response_packet = pinfo->num;
    for (const auto& connect : connects)
        if (connect.response_packet == pinfo->num)
            return &connect;
    return nullptr;
}

Diagnosed read(std::string_view bytes, packet_info* pinfo, std::size_t& length) {
    HttpHead head;
    if (parse_http_head(bytes, packet_arena(pinfo), head) != HeadResult::complete)
        return {};
    if (head.is_request) {
        if (head.method == "CONNECT" && !PINFO_FD_VISITED(pinfo)) {
            add_request(head, pinfo);
            open_tunnel(pinfo);
        }
        return {};
    }
    if (head.status >= 100 && head.status < 200)
        return {};
    const auto* connect = find_answered(pinfo);
    if (connect && head.status >= 200 && head.status < 300 && !PINFO_FD_VISITED(pinfo))
        answer_tunnel(pinfo);
    if (!connect || (head.status >= 200 && head.status < 300))
        return {};
    if (!connects_to_port_80(connect->target) && !capture->connect_targets.contains(connect->target))
        return {};
    length = head.size;
    return diagnose_connect(head, connect->target, packet_arena(pinfo));
}

} // namespace

void remember_target(std::string_view host, bool secure) {
    if (host.empty() || capture->connect_targets.size() >= most_targets)
        return;
    auto target = lower(host);
    const auto bracket = target.rfind(']');
    if (target.find(':', bracket == std::string::npos ? 0 : bracket) == std::string::npos)
        target += secure ? ":443" : ":80";
    capture->connect_targets.insert(std::move(target));
}

bool watch_connect(tvbuff_t* tvb, int offset, std::string_view head, packet_info* pinfo, proto_tree* tree) {
    const bool request = head.starts_with("CONNECT ");
    if (!request && (!capture->connect_seen || !head.starts_with("HTTP/1.")))
        return false;
    std::size_t length = 0;
    const auto found = read(head, pinfo, length);
    static_assert(std::is_trivially_destructible_v<Diagnosed>);
    if (found.seen.empty())
        return false;
    tap_diagnosis(pinfo, found);
    if (!tree) {
        add_diagnosis(nullptr, pinfo, tvb, offset, 0, found);
        return false;
    }
    auto* item = proto_tree_add_item(tree, protocol.id, tvb, offset, static_cast<int>(length), ENC_NA);
    proto_item_append_text(item, ", a tunnel was refused");
    add_diagnosis(proto_item_add_subtree(item, diagnosis_subtree()), pinfo, tvb, offset, static_cast<int>(length), found);
    return true;
}

} // namespace ws
