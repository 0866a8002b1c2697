// SPDX-License-Identifier: GPL-2.0-or-later
#include "wireshark/tcp_ends.hpp"

#include "wireshark/handles.hpp"

namespace ws {
namespace {

/// What was found last. Several parts of the plugin ask for each packet, and it is the dearest question they have.
struct {
    const void* source;
    const void* destination;
    guint32 packet;
    TcpPorts ports; ///< pinfo's
    conversation_t* conversation;

    bool is_of(const packet_info* pinfo) const {
        return conversation && packet == pinfo->num && ports.source == pinfo->srcport && ports.destination == pinfo->destport &&
               source == pinfo->src.data && destination == pinfo->dst.data;
    }
} last;

template <class Find>
conversation_t* between_tcp_ends(packet_info* pinfo, Find find) {
    const TcpPorts kept{pinfo->srcport, pinfo->destport};
    const address source = pinfo->src;
    const address destination = pinfo->dst;
    const auto ports = tcp_ports(pinfo);
    pinfo->src = tcp_source(pinfo);
    pinfo->dst = tcp_destination(pinfo);
    pinfo->srcport = ports.source;
    pinfo->destport = ports.destination;
    auto* conversation = find(pinfo);
    pinfo->srcport = kept.source;
    pinfo->destport = kept.destination;
    pinfo->src = source;
    pinfo->dst = destination;
    return conversation;
}

} // namespace

TcpPorts tcp_ports(const packet_info* pinfo) {
    const TcpPorts now{pinfo->srcport, pinfo->destport};
    if (pinfo->ptype != PT_TCP)
        return now;
    // TCP keeps them for Decode As, under the number of its layer.
    auto layer = wmem_list_count(pinfo->layers);
    for (auto* at = wmem_list_tail(pinfo->layers); at; at = wmem_list_frame_prev(at), --layer) {
        if (GPOINTER_TO_INT(wmem_list_frame_data(at)) != ids.tcp)
            continue;
        const auto kept = [&](int field) {
            return GPOINTER_TO_UINT(p_get_proto_data(pinfo->pool, const_cast<packet_info*>(pinfo), field, layer));
        };
        const TcpPorts sent{kept(ids.tcp_source_port), kept(ids.tcp_destination_port)};
        return sent.source && sent.destination ? sent : now;
    }
    return now;
}

const address& tcp_source(const packet_info* pinfo) {
    return pinfo->src.type == AT_STRINGZ ? pinfo->net_src : pinfo->src;
}

const address& tcp_destination(const packet_info* pinfo) {
    return pinfo->dst.type == AT_STRINGZ ? pinfo->net_dst : pinfo->dst;
}

conversation_t* find_tcp_conversation(packet_info* pinfo) {
    if (!last.is_of(pinfo)) {
        auto* conversation = between_tcp_ends(pinfo, [](packet_info* of) { return find_conversation_pinfo(of, 0); });
        last = {pinfo->src.data, pinfo->dst.data, pinfo->num, {pinfo->srcport, pinfo->destport}, conversation};
    }
    return last.conversation;
}

conversation_t* tcp_conversation(packet_info* pinfo) {
    return between_tcp_ends(pinfo, [](packet_info* of) { return find_or_create_conversation(of); });
}

void forget_tcp_conversation() {
    last = {};
}

} // namespace ws
