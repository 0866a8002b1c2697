// SPDX-License-Identifier: GPL-2.0-or-later
// Packets of a few connections, from any link, through wscap's selection under tight limits: what comes out went in, once, in
// order.
#include "fuzz.hpp"
#include "link.hpp"
#include "packets.hpp"

#include <set>

namespace ws::fuzz {
namespace {

using namespace wscap::test;
using wscap::TcpFlag;

constexpr Shape shapes[] = {Shape::ethernet, Shape::vlan, Shape::double_vlan, Shape::null,  Shape::loop,
                            Shape::sll,      Shape::sll2, Shape::raw,         Shape::pppoe, Shape::mpls};

/// Frames of the link layer, raw or built, with segments that mostly fit each other.
Capture any_capture(Input& input) {
    Capture capture;
    std::vector<Flow> flows;
    for (int number = 1; number <= 4; ++number)
        flows.emplace_back(capture, number, shapes[static_cast<std::size_t>(number)], number % 2 == 0);
    while (input.left() && capture.size() < 300) {
        const auto how = input.number();
        auto& flow = flows[how & 3];
        flow.shape = input.one_of(shapes);
        const auto side = how & 4 ? server : client;
        switch (how >> 3 & 7) {
        case 0: flow.syn(); break;
        case 1: flow.fin(); break;
        case 2: flow.send(side, upgrade("h", "/" + input.text()), 1 + input.number()); break;
        case 3: flow.send(side, switching(), 1 + input.number()); break;
        case 4: flow.send(client, client_hello(input.text().substr(0, 200)), 1 + input.number()); break;
        case 5: capture.push_back({input.text(), input.number<std::uint16_t>(), link_type(flow.shape), -1}); break;
        case 6: { // fragments
            const auto payload = flow.segment(side, flow.next[side], TcpFlag::ack, input.text());
            const auto id = input.number(), at = static_cast<std::uint8_t>(8 * (1 + input.below(4)));
            if (payload.size() > at) {
                flow.add(link_header(flow.shape, flow.v6) +
                         ip(flow.v6, flow.address(side), "server", payload.substr(0, at), id, 0, true));
                flow.add(link_header(flow.shape, flow.v6) +
                         ip(flow.v6, flow.address(side), "server", payload.substr(at), id, at, how & 64));
            }
            break;
        }
        default:
            flow.raw(side, flow.next[side] + input.number<std::uint32_t>() % 100000, how & 64 ? TcpFlag::rst : TcpFlag::ack,
                     input.text());
        }
    }
    return capture;
}

void check_link(const wscap::test::Captured& captured) {
    const auto bytes = exactly(captured.bytes);
    const auto inside = wscap::ip_datagram(captured.link, bytes);
    demand(inside.empty() || lies_in(inside, bytes), "a datagram beyond the frame");
    const auto datagram = parse_datagram(
        inside, captured.length - std::min<std::uint32_t>(captured.length, static_cast<std::uint32_t>(bytes.size())));
    const auto segment = datagram ? wscap::parse_segment(*datagram) : std::nullopt;
    demand(!segment || lies_in(segment->payload, bytes), "a segment beyond the frame");
}

} // namespace

void run(Input& input) {
    const auto how = input.number();
    wscap::Criteria criteria;
    criteria.midstream = how & 1;
    criteria.tls = how & 2;
    criteria.all = (how & 12) == 12;
    if (how & 16)
        criteria.paths = {"/a*"};
    wscap::Limits limits;
    limits.connection = how & 32 ? 1 << 10 : 64 << 10;
    limits.total = how & 64 ? 8 << 10 : 56 << 20;
    limits.fragments = 2 << 10;
    limits.kept = how & 128 ? 2 : 1000;
    const auto capture = any_capture(input);
    for (const auto& captured : capture)
        check_link(captured);

    Kept kept;
    wscap::Selector selector(criteria, limits, kept);
    std::uint64_t order = 0;
    for (const auto& captured : capture) {
        const auto bytes = exactly(captured.bytes);
        const auto before = kept.orders.size(), oldest = selector.oldest_waiting();
        selector.packet({order++, 0, 0, captured.length, bytes, {}}, captured.link);
        for (auto i = before; i < kept.orders.size(); ++i)
            demand(kept.orders[i] >= std::min<std::uint64_t>(oldest, order - 1), "older than the oldest that waited");
        demand(selector.memory() <= limits.total + 4096, "memory");
    }
    selector.finish();
    demand(selector.counters().packets == capture.size(), "packets counted");
    std::set<std::uint64_t> once;
    std::vector<std::uint64_t> last(capture.size() + 1);
    for (std::size_t i = 0; i < kept.orders.size(); ++i) {
        demand(kept.orders[i] < capture.size() && once.insert(kept.orders[i]).second, "a packet twice");
        demand(kept.bytes[i] == capture[kept.orders[i]].bytes, "a packet's bytes");
        if (criteria.all || kept.connections[i] >= last.size())
            continue;
        demand(kept.orders[i] >= last[kept.connections[i]], "the order in a connection");
        last[kept.connections[i]] = kept.orders[i];
    }
    if (criteria.all)
        demand(once.size() == capture.size(), "all packets");
}

} // namespace ws::fuzz
