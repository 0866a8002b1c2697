// SPDX-License-Identifier: GPL-2.0-or-later
// On any capture: what is kept is exactly the packets of the WebSocket connections, bit by bit, in order.
#include "ordered.hpp"
#include "packets.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

namespace wscap::test {
namespace {

struct Truth {
    Capture capture;
    std::vector<int> sockets;
};

/// Connections of every kind, interleaved at random, some segments swapped, doubled or cut into IP fragments.
Truth random_capture(unsigned seed) {
    std::mt19937 random(seed);
    const auto below = [&](unsigned limit) { return static_cast<int>(random() % limit); };
    const auto noise = [&](std::size_t size) {
        std::string text;
        while (text.size() < size)
            text += static_cast<char>(random());
        return text;
    };
    constexpr Shape shapes[] = {Shape::ethernet, Shape::vlan, Shape::double_vlan, Shape::null, Shape::sll,
                                Shape::sll2,     Shape::raw,  Shape::loop,        Shape::mpls, Shape::pppoe};
    Truth truth;
    std::vector<Capture> flows;
    const int count = 5 + below(30);
    for (int number = 1; number <= count; ++number) {
        Capture own;
        Flow flow(own, number, shapes[below(std::size(shapes))], below(2));
        flow.next[client] = static_cast<std::uint32_t>(random());
        flow.port = static_cast<std::uint16_t>(1 + below(65535));
        const std::size_t size = below(4) ? 20 + static_cast<std::size_t>(below(1400)) : 1 + static_cast<std::size_t>(below(4));
        flow.syn();
        const int kind = below(6);
        if (kind == 0) {
            flow.send(client, "\0\1"s + noise(static_cast<std::size_t>(below(3000))), size);
            flow.send(server, noise(static_cast<std::size_t>(below(3000))), size);
        } else if (kind == 1) {
            flow.send(client, client_hello("example.com"), size);
            flow.send(server, "\x16\3\3\0\4\2\0\0\0"s + noise(500), size);
        } else {
            for (int requests = below(4); requests > 0; --requests) {
                flow.send(client, get("/" + std::to_string(requests)), size);
                flow.send(server, ok(noise(static_cast<std::size_t>(below(2000)))), size);
            }
            if (kind > 2) {
                truth.sockets.push_back(number);
                flow.send(client, upgrade("h" + std::to_string(number)), size);
                flow.send(server, kind == 3 ? "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" : switching(), size);
                for (int messages = below(20); messages > 0; --messages)
                    flow.send(messages % 2 ? client : server, noise(static_cast<std::size_t>(below(3000))), 1400);
            }
        }
        const auto handshake = 3u;
        for (std::size_t i = handshake; i + 1 < own.size(); ++i)
            if (below(10) == 0)
                std::swap(own[i], own[i + 1]);
        for (std::size_t i = handshake; i < own.size(); ++i)
            if (below(15) == 0)
                own.insert(own.begin() + static_cast<std::ptrdiff_t>(i), Captured(own[i]));
        if (below(2))
            flow.fin();
        flows.push_back(std::move(own));
    }
    std::vector<std::size_t> next(flows.size());
    for (std::size_t left = flows.size(); left;) {
        const auto which = static_cast<std::size_t>(below(static_cast<unsigned>(flows.size())));
        if (next[which] == flows[which].size())
            continue;
        truth.capture.push_back(flows[which][next[which]++]);
        left -= next[which] == flows[which].size();
        if (below(8) == 0)
            truth.capture.push_back({noise(60), 60, 1, -1});
    }
    return truth;
}

class AnyCapture : public testing::TestWithParam<unsigned> {};

TEST_P(AnyCapture, KeepsExactlyTheWebSocketConnectionsBitByBitInOrder) {
    for (unsigned seed = GetParam(); seed < GetParam() + 20; ++seed) {
        const auto truth = random_capture(seed);
        std::vector<std::uint64_t> orders;
        std::vector<std::string> bytes;
        Ordered ordered(
            64 << 20,
            [&](const Packet& packet, std::uint32_t) {
                orders.push_back(packet.order);
                bytes.emplace_back(as_text(packet.data));
            },
            [](const ClientRandom&) {});
        Limits limits;
        limits.connection = 8 << 20; // out of the way: another test is about it
        Selector selector({}, limits, ordered);
        std::uint64_t order = 0;
        for (const auto& captured : truth.capture) {
            selector.packet({order++, 0, 0, captured.length, ws::as_bytes(captured.bytes), {}}, captured.link);
            ordered.release(selector.oldest_waiting());
        }
        selector.finish();
        ordered.release(~std::uint64_t{0});
        ASSERT_EQ(orders, places(truth.capture, truth.sockets)) << "seed " << seed;
        for (std::size_t i = 0; i < orders.size(); ++i)
            ASSERT_EQ(bytes[i], truth.capture[orders[i]].bytes) << "seed " << seed;
        ASSERT_EQ(ordered.memory(), 0u);
    }
}

TEST_P(AnyCapture, EachConnectionStaysInOrderAlsoUnderTheTightestLimits) {
    for (unsigned seed = GetParam(); seed < GetParam() + 20; ++seed) {
        const auto truth = random_capture(seed);
        Limits limits;
        limits.connection = 1 << 10;
        limits.total = 32 << 10;
        const auto kept = select(truth.capture, {}, limits);
        std::vector<std::uint64_t> last(70000);
        for (std::size_t i = 0; i < kept.orders.size(); ++i) {
            const auto& packet = truth.capture[kept.orders[i]];
            ASSERT_EQ(kept.bytes[i], packet.bytes);
            ASSERT_TRUE(std::count(truth.sockets.begin(), truth.sockets.end(), packet.connection)) << "seed " << seed;
            auto& before = last[static_cast<std::size_t>(packet.connection)];
            ASSERT_LE(before, kept.orders[i]) << "seed " << seed;
            before = kept.orders[i];
        }
    }
}

TEST_P(AnyCapture, NoiseNeverBreaksIt) {
    std::mt19937 random(GetParam());
    for (unsigned seed = GetParam(); seed < GetParam() + 20; ++seed) {
        auto truth = random_capture(seed);
        for (auto& captured : truth.capture) { // bits flipped, ends cut off
            if (random() % 3 == 0 && !captured.bytes.empty())
                captured.bytes[random() % captured.bytes.size()] ^= static_cast<char>(1 << random() % 8);
            if (random() % 10 == 0)
                captured.bytes.resize(random() % (captured.bytes.size() + 1));
        }
        Criteria criteria;
        criteria.midstream = criteria.tls = seed % 2;
        Counters counters;
        const auto kept = select(truth.capture, criteria, {}, &counters);
        EXPECT_EQ(counters.packets, truth.capture.size());
        EXPECT_LE(kept.orders.size(), truth.capture.size());
        auto unique = kept.orders;
        std::sort(unique.begin(), unique.end());
        EXPECT_EQ(std::adjacent_find(unique.begin(), unique.end()), unique.end()); // nothing twice
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, AnyCapture, testing::Values(1u, 1001u, 2001u, 3001u));

} // namespace
} // namespace wscap::test
