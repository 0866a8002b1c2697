// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow/packet_heads.hpp"

#include "flow/awaited_request.hpp"
#include "flow/handshake.hpp"
#include "state/open_requests.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/layers.hpp"
#include "wireshark/protocol.hpp"
#include "wireshark/tcp_segment.hpp"

#include <functional>

namespace ws {
namespace {

/// A record of TLS after that with the response, in the same packet. HTTP goes by the packet's number and takes it for more of
/// its own; it waits for the next one if this could be the beginning of a line.
bool is_overlooked(std::string_view record) {
    return !record.empty() && (!g_ascii_isprint(record[0]) || record.find('\n') != std::string_view::npos);
}

bool has_description(const struct data_source* source, const char* prefix) {
    char* name = get_data_source_description(source);
    const bool has = g_str_has_prefix(name, prefix);
    wmem_free(nullptr, name);
    return has;
}

/// TCP has put together what began in an earlier packet with this packet's payload, or the plugin has.
bool is_continued(packet_info* pinfo, std::string_view payload) {
    for (auto* source = g_slist_next(pinfo->data_src); source; source = g_slist_next(source)) {
        auto* item = static_cast<struct data_source*>(source->data);
        if (!has_description(item, "Reassembled TCP") && !has_description(item, segmented_request))
            continue;
        auto* tvb = get_data_source_tvb(item);
        const auto size = std::min<std::size_t>(tvb_captured_length(tvb), payload.size());
        if (tvb_memeql(tvb, 0, reinterpret_cast<const guint8*>(payload.data()), static_cast<int>(size)) != 0)
            return true;
    }
    return false;
}

bool dissect_sources(packet_info* pinfo, proto_tree* tree, List<Place>& frames) {
    auto& found = heads_in(pinfo);
    if (found.in_own_conversation)
        return true;
    const bool tls = has_tls(pinfo);
    bool any = false;
    bool upgraded = false;
    for (auto* source = pinfo->data_src; source; source = g_slist_next(source)) {
        auto* tvb = get_data_source_tvb(static_cast<struct data_source*>(source->data));
        const auto size = tvb_captured_length(tvb);
        const std::string_view bytes(reinterpret_cast<const char*>(tvb_get_ptr(tvb, 0, static_cast<int>(size))), size);
        if (upgraded && tls) {
            if (!has_description(static_cast<struct data_source*>(source->data), "Decrypted TLS"))
                continue;
            if (!is_overlooked(bytes))
                break;
            frames.push_back(packet_arena(pinfo), {tvb, 0});
            continue;
        }
        if (size < 16)
            continue;
        // A data source of its own (reassembled, decrypted) begins with the message; a frame has the headers of other layers
        // before it.
        const auto at = source == pinfo->data_src || !g_ascii_isalpha(bytes[0]) ? find_text_payload(tvb, pinfo) : 0;
        if (at != std::string_view::npos && !(source == pinfo->data_src && is_continued(pinfo, bytes.substr(at)))) {
            const auto shown = dissect_heads(tvb, bytes, at, pinfo, tree, tls);
            any = any || shown.any;
            if (shown.frames.tvb)
                frames.push_back(packet_arena(pinfo), shown.frames);
        }
        const auto* begin = reinterpret_cast<const guint8*>(bytes.data());
        upgraded = found.upgrade && !std::less()(found.upgrade, begin) && std::less()(found.upgrade, begin + size);
    }
    return any;
}

} // namespace

bool dissect_heads_of_packet(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, List<Place>& frames) {
    // HTTP keeps this for each packet in which it has dissected a head, and did not put it off until its body is complete.
    const auto* http = static_cast<const http_req_res_t*>(p_get_proto_data(wmem_file_scope(), pinfo, ids.http, 0));
    if (!http)
        return dissect_taken_request(tvb, pinfo, tree);
    const bool any = dissect_sources(pinfo, tree, frames);
    if (!PINFO_FD_VISITED(pinfo))
        count_http_message(pinfo, *http);
    return any;
}

} // namespace ws
