// SPDX-License-Identifier: GPL-2.0-or-later
#include "wireshark/tcp_ends.hpp"

#include "wireshark/handles.hpp"
#include "wireshark/protocol.hpp"
#include "wireshark/visit.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace ws {
namespace {

/// What was found last: several parts of the plugin ask for each packet.
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

/// One direction of a conversation that was found before. Wireshark's own look-up is the dearest thing that is done for a small
/// frame.
struct Known {
    conversation_t* conversation;
    guint32 source_port, destination_port;
    int type, size; ///< Of the addresses.
    std::uint8_t source[16], destination[16];

    bool is_between(const packet_info* pinfo) const {
        const auto &from = pinfo->src, &to = pinfo->dst;
        return source_port == pinfo->srcport && destination_port == pinfo->destport && type == from.type && type == to.type &&
               size == from.len && size == to.len && std::memcmp(source, from.data, static_cast<std::size_t>(size)) == 0 &&
               std::memcmp(destination, to.data, static_cast<std::size_t>(size)) == 0;
    }
    /// The ports may be used again, for the next conversation: as Wireshark has it, each lasts until that begins.
    bool has(const packet_info* pinfo) const {
        return conversation && is_between(pinfo) && conversation->setup_frame <= pinfo->num &&
               (!conversation->next || pinfo->num < conversation->next->setup_frame);
    }
};
std::array<Known, 64> known;

conversation_t* find_conversation_between(packet_info* pinfo) {
    // What carries TCP may have said what else than addresses and ports tells its conversations apart.
    if (pinfo->ptype != PT_TCP || pinfo->use_conv_addr_port_endpoints || pinfo->conv_elements)
        return find_conversation_pinfo(pinfo, 0);
    auto& slot = known[(pinfo->srcport ^ pinfo->destport << 3U) % known.size()];
    if (slot.has(pinfo))
        return slot.conversation;
    auto* found = find_conversation_pinfo(pinfo, 0);
    const auto size = static_cast<std::size_t>(pinfo->src.len);
    if (found && !found->options && size && size <= sizeof slot.source && pinfo->dst.len == pinfo->src.len) {
        slot = {found, pinfo->srcport, pinfo->destport, pinfo->src.type, pinfo->src.len, {}, {}};
        std::memcpy(slot.source, pinfo->src.data, size);
        std::memcpy(slot.destination, pinfo->dst.data, size);
    }
    return found;
}

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

TcpPorts look_up_tcp_ports(const packet_info* pinfo, TcpPorts now) {
    // TCP keeps them for Decode As, under the number of its layer.
    auto layer = wmem_list_count(pinfo->layers);
    bool others = false; // above TCP, which may have changed them
    for (auto* at = wmem_list_tail(pinfo->layers); at; at = wmem_list_frame_prev(at), --layer) {
        const int id = GPOINTER_TO_INT(wmem_list_frame_data(at));
        others = others || (id != ids.tcp && id != protocol.id && id != ids.data);
        if (id != ids.tcp)
            continue;
        if (!others)
            return now;
        const auto kept = [&](int field) {
            return GPOINTER_TO_UINT(p_get_proto_data(pinfo->pool, const_cast<packet_info*>(pinfo), field, layer));
        };
        const TcpPorts sent{kept(ids.tcp_source_port), kept(ids.tcp_destination_port)};
        return sent.source && sent.destination ? sent : now;
    }
    return now;
}

} // namespace

TcpPorts tcp_ports(const packet_info* pinfo) {
    const TcpPorts now{pinfo->srcport, pinfo->destport};
    if (pinfo->ptype != PT_TCP)
        return now;
    static struct {
        PacketVisit visit;
        TcpPorts now, sent;
    } asked;
    if (asked.now != now || asked.visit != this_visit(pinfo))
        asked = {this_visit(pinfo), now, look_up_tcp_ports(pinfo, now)};
    return asked.sent;
}

const address& tcp_source(const packet_info* pinfo) {
    return pinfo->src.type == AT_STRINGZ ? pinfo->net_src : pinfo->src;
}

const address& tcp_destination(const packet_info* pinfo) {
    return pinfo->dst.type == AT_STRINGZ ? pinfo->net_dst : pinfo->dst;
}

conversation_t* find_tcp_conversation(packet_info* pinfo) {
    if (!last.is_of(pinfo)) {
        auto* conversation = between_tcp_ends(pinfo, find_conversation_between);
        last = {pinfo->src.data, pinfo->dst.data, pinfo->num, {pinfo->srcport, pinfo->destport}, conversation};
    }
    return last.conversation;
}

conversation_t* tcp_conversation(packet_info* pinfo) {
    return between_tcp_ends(pinfo, [](packet_info* of) { return find_or_create_conversation(of); });
}

void forget_tcp_conversation() {
    last = {};
    known = {};
}

} // namespace ws
