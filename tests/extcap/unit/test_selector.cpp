// SPDX-License-Identifier: GPL-2.0-or-later
#include "packets.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

namespace wscap::test {
namespace {

using Places = std::vector<std::uint64_t>;

Places sorted(Places places) {
    std::sort(places.begin(), places.end());
    return places;
}

void conversation(Flow& flow, std::size_t size = 1400) {
    flow.syn();
    flow.send(client, upgrade(), size);
    flow.send(server, switching(), size);
    flow.send(client, "\x81\x80\1\2\3\4"s);
    flow.send(server, "\x81\2hi"s);
    flow.fin();
}

void plain_http(Flow& flow) {
    flow.syn();
    flow.send(client, get());
    flow.send(server, ok());
    flow.fin();
}

TEST(Selector, KeepsAWholeConversationAndNothingElse) {
    Capture capture;
    Flow http(capture, 1), socket(capture, 2), random(capture, 3);
    plain_http(http);
    conversation(socket);
    random.syn();
    random.send(client, "\0\1\2\3 nothing known"s);
    Counters counters;
    EXPECT_EQ(select(capture, {}, {}, &counters).orders, places(capture, {2}));
    EXPECT_EQ(counters.connections, 3u);
    EXPECT_EQ(counters.kept_connections, 1u);
    EXPECT_EQ(counters.packets, capture.size());
}

class EveryLink : public testing::TestWithParam<std::tuple<Shape, bool>> {};

TEST_P(EveryLink, IsUnderstood) {
    Capture capture;
    const auto [shape, v6] = GetParam();
    Flow socket(capture, 1, shape, v6), http(capture, 2, shape, v6);
    conversation(socket);
    plain_http(http);
    EXPECT_EQ(select(capture).orders, places(capture, {1}));
}

INSTANTIATE_TEST_SUITE_P(Links, EveryLink,
                         testing::Combine(testing::Values(Shape::ethernet, Shape::vlan, Shape::double_vlan, Shape::null,
                                                          Shape::loop, Shape::sll, Shape::sll2, Shape::raw, Shape::pppoe,
                                                          Shape::mpls),
                                          testing::Bool()));

TEST(Selector, SegmentationDoesNotMatter) {
    for (const std::size_t size : {1, 2, 7, 100, 1400}) {
        Capture capture;
        Flow socket(capture, 1);
        conversation(socket, size);
        EXPECT_EQ(select(capture).orders, places(capture, {1})) << size;
    }
}

TEST(Selector, RefusedUpgradesAreKept) {
    Capture capture;
    Flow flow(capture, 1);
    flow.syn();
    flow.send(client, upgrade());
    flow.send(server, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    flow.fin();
    EXPECT_EQ(select(capture).orders, places(capture, {1}));
}

TEST(Selector, UpgradeOnAKeptAliveConnectionIsFound) {
    Capture capture;
    Flow flow(capture, 1);
    flow.syn();
    for (int i = 0; i < 3; ++i) {
        flow.send(client, get());
        flow.send(server, ok());
    }
    flow.send(client, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n" + std::string(3000, 'b'), 700);
    flow.send(server, ok());
    flow.send(client, "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + upgrade(), 50);
    flow.send(server, switching());
    EXPECT_EQ(select(capture).orders, places(capture, {1}));
}

TEST(Selector, PipelinedRequestsInOneSegment) {
    Capture capture;
    Flow flow(capture, 1);
    flow.syn();
    flow.send(client, get() + get("/2") + upgrade());
    EXPECT_EQ(select(capture).orders, places(capture, {1}));
}

TEST(Selector, UpgradeInsideAConnectTunnelIsFound) {
    Capture capture;
    Flow flow(capture, 1), tls(capture, 2);
    for (Flow* each : {&flow, &tls}) {
        each->syn();
        each->send(client, "CONNECT example.com:80 HTTP/1.1\r\nHost: example.com:80\r\n\r\n");
        each->send(server, "HTTP/1.1 200 Connection established\r\n\r\n");
    }
    flow.send(client, upgrade());
    flow.send(server, switching());
    tls.send(client, client_hello("example.com"));
    EXPECT_EQ(select(capture).orders, places(capture, {1}));
    Criteria criteria;
    criteria.tls = true;
    EXPECT_EQ(sorted(select(capture, criteria).orders), places(capture, {1, 2}));
}

TEST(Selector, ProxyProtocolBeforeTheRequest) {
    Capture capture;
    Flow one(capture, 1), two(capture, 2);
    one.syn();
    one.send(client, "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n" + upgrade());
    two.syn();
    two.send(client, "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"s + std::string(12, '\1') + upgrade());
    EXPECT_EQ(select(capture).orders, places(capture, {1, 2}));
}

TEST(Selector, OutOfOrderAndRetransmittedSegments) {
    Capture capture;
    Flow flow(capture, 1);
    const auto request = upgrade();
    flow.syn();
    const auto at = flow.next[client];
    const auto piece = [&](std::size_t from, std::size_t to) {
        flow.raw(client, at + static_cast<std::uint32_t>(from), TcpFlag::ack, request.substr(from, to - from));
    };
    piece(120, request.size()); // the end first
    piece(60, 90);
    piece(0, 30);
    piece(0, 30);  // again
    piece(0, 10);  // its beginning only
    piece(20, 70); // overlaps both neighbours
    piece(85, 125);
    flow.next[client] += static_cast<std::uint32_t>(request.size());
    flow.send(server, switching());
    EXPECT_EQ(select(capture).orders, places(capture, {1}));
    Criteria criteria; // only the request can meet them
    criteria.hosts = {"example.com"};
    criteria.paths = {"/chat"};
    EXPECT_EQ(select(capture, criteria).orders, places(capture, {1}));
}

TEST(Selector, SequenceNumbersMayWrapInsideTheRequest) {
    Capture capture;
    Flow flow(capture, 1);
    flow.next[client] = 0xFFFFFFD0;
    flow.syn();
    flow.send(client, upgrade(), 16);
    EXPECT_EQ(select(capture).orders, places(capture, {1}));
}

TEST(Selector, ALostSegmentDoesNotHideALaterUpgrade) {
    Capture capture;
    Flow flow(capture, 1);
    flow.syn();
    flow.send(client, get());
    flow.next[client] += 500; // a request that the capture lacks
    flow.send(client, upgrade());
    for (int i = 0; i < 70; ++i)
        flow.send(client, "\x8A\x80\1\2\3\4"s);
    const auto found = select(capture, {});
    EXPECT_TRUE(std::find(found.orders.begin(), found.orders.end(), 4u) == found.orders.end() ||
                found.orders == places(capture, {1}));
    // Without such luck as the request starting a segment out of order, it is found once it is retransmitted.
    flow.send(client, upgrade());
    EXPECT_EQ(select(capture).orders, places(capture, {1}));
}

TEST(Selector, OnlyTheServersHalfWasCaptured) {
    Capture capture;
    Flow flow(capture, 1);
    flow.raw(server, flow.next[server]++, TcpFlag::syn | TcpFlag::ack);
    flow.send(server, switching() + "\x81\2hi"s);
    Flow late(capture, 2); // and not even its start
    late.send(server, switching());
    EXPECT_EQ(select(capture).orders, places(capture, {1, 2}));
}

TEST(Selector, CaptureThatCutPacketsStillProves) {
    Capture capture;
    Flow flow(capture, 1);
    flow.syn();
    flow.add(flow.packet(client, flow.next[client], TcpFlag::ack, upgrade()),
             54 + 70); // the Upgrade header is in
    EXPECT_EQ(select(capture).orders, places(capture, {1}));
}

TEST(Selector, SegmentationOffloadLeavesTheLengthOut) {
    Capture capture;
    Flow flow(capture, 1);
    flow.syn();
    auto packet = flow.packet(client, flow.next[client], TcpFlag::ack, upgrade());
    packet[16] = packet[17] = 0;
    flow.add(packet);
    EXPECT_EQ(select(capture).orders, places(capture, {1}));
}

TEST(Selector, PortsUsedAgainAreANewConnection) {
    Capture capture;
    Flow socket(capture, 1), again(capture, 1);
    conversation(socket);
    again.number = 1;
    again.next[client] = 777000;
    const auto first = capture.size();
    plain_http(again);
    auto expected = places(capture, {1});
    expected.resize(first);
    Counters counters;
    EXPECT_EQ(select(capture, {}, {}, &counters).orders, expected);
    EXPECT_EQ(counters.connections, 2u);
}

TEST(Selector, LastRetransmissionsAfterTheCloseAreKept) {
    Capture capture;
    Flow flow(capture, 1);
    conversation(flow);
    flow.raw(server, flow.next[server] - 1, TcpFlag::fin | TcpFlag::ack);
    flow.raw(client, flow.next[client], TcpFlag::rst);
    EXPECT_EQ(select(capture).orders, places(capture, {1}));
}

class EveryFragmentOrder : public testing::TestWithParam<std::tuple<int, bool>> {};

TEST_P(EveryFragmentOrder, IpFragmentsAreReadAndKept) {
    const auto [order, v6] = GetParam();
    Capture capture;
    Flow flow(capture, 1, Shape::ethernet, v6), other(capture, 2, Shape::ethernet, v6);
    for (Flow* each : {&flow, &other}) {
        each->syn();
        const auto segment = each->segment(client, each->next[client], TcpFlag::ack, each == &flow ? upgrade() : get());
        std::vector<std::string> fragments;
        constexpr std::size_t size = 40;
        for (std::size_t at = 0; at < segment.size(); at += size)
            fragments.push_back(link_header(Shape::ethernet, v6) + ip(v6, each->address(client), each->address(server),
                                                                      segment.substr(at, size), 99, static_cast<int>(at),
                                                                      at + size < segment.size()));
        if (order == 1)
            std::reverse(fragments.begin(), fragments.end());
        if (order == 2)
            std::rotate(fragments.begin(), fragments.begin() + 1, fragments.end());
        for (const auto& fragment : fragments)
            each->add(fragment);
    }
    flow.next[client] += static_cast<std::uint32_t>(upgrade().size());
    flow.send(server, switching());
    EXPECT_EQ(sorted(select(capture).orders), places(capture, {1}));
}

INSTANTIATE_TEST_SUITE_P(Orders, EveryFragmentOrder, testing::Combine(testing::Values(0, 1, 2), testing::Bool()));

TEST(Selector, FragmentsDoNotHoldAnythingBackOnceTheyAreWhole) {
    Capture capture;
    Flow flow(capture, 1);
    conversation(flow);
    for (int id = 0; id < 1000; ++id) {
        const auto segment = flow.segment(client, flow.next[client], TcpFlag::ack, std::string(100, 'x'));
        flow.next[client] += 100;
        for (const int at : {0, 80})
            flow.add(link_header(Shape::ethernet, false) +
                     ip(false, flow.address(client), flow.address(server), segment.substr(at, at ? 40 : 80), id, at, !at));
    }
    Kept kept;
    Selector selector({}, {}, kept);
    std::uint64_t order = 0;
    for (const auto& captured : capture)
        selector.packet({order++, 0, 0, captured.length, ws::as_bytes(captured.bytes), {}}, captured.link);
    EXPECT_EQ(kept.orders, places(capture, {1}));
    EXPECT_EQ(selector.oldest_waiting(), ~std::uint64_t{0});
}

TEST(Selector, FragmentsOfAKeptConnectionWithoutTheirLastOneAreKept) {
    Capture capture;
    Flow flow(capture, 1);
    conversation(flow);
    const auto segment = flow.segment(client, flow.next[client], TcpFlag::ack, std::string(200, 'x'));
    flow.add(link_header(Shape::ethernet, false) +
             ip(false, flow.address(client), flow.address(server), segment.substr(0, 80), 5, 0, true));
    EXPECT_EQ(select(capture).orders, places(capture, {1}));
}

TEST(Selector, GlobsNarrowItToOneApplication) {
    Capture capture;
    Flow a(capture, 1), b(capture, 2), c(capture, 3);
    a.syn();
    a.send(client, upgrade("chat.example.com:8080", "/chat?room=1", "Origin: https://example.com\r\n"));
    b.syn();
    b.send(client, upgrade("feed.example.org", "/feed", "Origin: https://example.org\r\n"));
    c.syn();
    c.send(client, upgrade("CHAT.EXAMPLE.COM", "/other"), 10);
    const auto with = [&](auto change) {
        Criteria criteria;
        change(criteria);
        return select(capture, criteria).orders;
    };
    EXPECT_EQ(with([](Criteria& x) { x.hosts = {"*.example.com"}; }), places(capture, {1, 3}));
    EXPECT_EQ(with([](Criteria& x) { x.hosts = {"chat.example.com:8080"}; }), places(capture, {1}));
    EXPECT_EQ(with([](Criteria& x) { x.paths = {"/chat"}; }), places(capture, {1}));
    EXPECT_EQ(with([](Criteria& x) { x.paths = {"/feed", "/other"}; }), places(capture, {2, 3}));
    EXPECT_EQ(with([](Criteria& x) { x.origins = {"https://*.org"}; }), places(capture, {2}));
    EXPECT_EQ(with([](Criteria& x) {
                  x.hosts = {"chat*"};
                  x.paths = {"/o*"};
              }),
              places(capture, {3}));
    EXPECT_EQ(with([](Criteria& x) { x.hosts = {"nowhere"}; }), Places{});
}

TEST(Selector, TlsByServerName) {
    Capture capture;
    Flow a(capture, 1), b(capture, 2), c(capture, 3), d(capture, 4);
    a.syn();
    a.send(client, client_hello("chat.example.com", 'a'), 20);
    a.send(server, "\x16\3\3\0\4\2\0\0\0"s);
    b.syn();
    b.send(client, client_hello("mail.example.org", 'b', 30)); // several records
    c.syn();
    c.send(client, client_hello("", 'c'));
    conversation(d);
    EXPECT_EQ(select(capture).orders, places(capture, {4}));
    Criteria criteria;
    criteria.tls = true;
    Counters counters;
    const auto all = select(capture, criteria, {}, &counters);
    EXPECT_EQ(sorted(all.orders), places(capture, {1, 2, 3, 4}));
    EXPECT_EQ(counters.kept_tls, 3u);
    EXPECT_EQ(all.randoms.size(), 3u);
    criteria.sni = {"*.EXAMPLE.com"};
    const auto one = select(capture, criteria);
    EXPECT_EQ(one.orders, places(capture, {1, 4}));
    ASSERT_EQ(one.randoms.size(), 1u);
    EXPECT_EQ(one.randoms[0][0], 'a');
}

TEST(Selector, TlsOnceItsSecretsAreKnown) {
    Capture capture;
    Flow mine(capture, 1), other(capture, 2);
    for (auto* flow : {&mine, &other}) {
        flow->syn();
        flow->send(client, client_hello("chat.example.com", flow == &mine ? 'a' : 'b'));
        flow->send(server, "\x16\3\3\0\4\2\0\0\0"s);
        flow->send(client, "\x17\3\3\0\1x"s);
        flow->fin();
    }
    Criteria criteria;
    criteria.tls = criteria.known_secrets = true;
    // At once; while the connection goes on; when all of it is over.
    for (const unsigned known_after : {1U, 3U, 1000U}) {
        Kept kept;
        kept.known = 'a';
        kept.known_after = known_after;
        Selector selector(criteria, {}, kept);
        std::uint64_t order = 0;
        for (const auto& captured : capture)
            selector.packet({order++, 0, 0, captured.length, ws::as_bytes(captured.bytes), {}}, captured.link);
        if (known_after == 1000) {
            EXPECT_TRUE(kept.orders.empty());
            kept.known_after = 0;
        }
        selector.finish();
        EXPECT_EQ(sorted(kept.orders), places(capture, {1})) << known_after;
        EXPECT_EQ(selector.counters().kept_tls, 1u);
        EXPECT_EQ(kept.randoms.size(), 1u);
        EXPECT_EQ(selector.memory(), 0u);
    }
}

TEST(Selector, TlsOfOthersDoesNotFillTheMemory) {
    Capture capture;
    Flow other(capture, 1);
    other.syn();
    other.send(client, client_hello("chat.example.com", 'b'));
    for (int i = 0; i < 3000; ++i)
        other.send(server, std::string(1400, 'x'));
    Criteria criteria;
    criteria.tls = criteria.known_secrets = true;
    Kept kept;
    kept.known = 'a';
    Selector selector(criteria, {}, kept);
    std::uint64_t order = 0;
    for (const auto& captured : capture) {
        selector.packet({order++, 0, 0, captured.length, ws::as_bytes(captured.bytes), {}}, captured.link);
        ASSERT_LT(selector.memory(), 2u << 20);
    }
    EXPECT_TRUE(kept.orders.empty());
}

TEST(Selector, MidstreamConnectionsByTheirFrames) {
    const auto frame = [](bool masked, std::size_t size) {
        return (masked ? "\x81"s + static_cast<char>(0x80 | size) + "\1\2\3\4" : "\x81"s + static_cast<char>(size)) +
               std::string(size, 'x');
    };
    Capture capture;
    Flow socket(capture, 1), feed(capture, 2), tls(capture, 3), mqtt(capture, 4), dns(capture, 5);
    for (int i = 0; i < 12; ++i) {
        if (i % 3 == 0)
            socket.send(client, frame(true, 20));
        socket.send(server, frame(false, 50) + frame(false, 3));
        feed.send(server, frame(false, 100));
        tls.send(client, "\x17\3\3\0\x20"s + std::string(32, 'x'));
        mqtt.send(server, "\x30\x0A"s + std::string(10, 'x'));
        dns.send(client, "\0\x20"s + std::string(32, 'x'));
    }
    EXPECT_TRUE(select(capture).orders.empty());
    Criteria criteria;
    criteria.midstream = true;
    EXPECT_EQ(sorted(select(capture, criteria).orders), places(capture, {1, 2}));
}

/// A frame of text (RFC 6455 5.2).
std::string text_frame(bool masked, const std::string& text) {
    std::string out = "\x81";
    if (text.size() < 126)
        out += static_cast<char>(text.size() | (masked ? 0x80 : 0));
    else
        out += (masked ? "\xFE" : "\x7E") + big(text.size(), 2);
    const std::string key = masked ? "\x91\x22\xA3\x44" : "";
    out += key;
    for (std::size_t i = 0; i < text.size(); ++i)
        out += masked ? static_cast<char>(text[i] ^ key[i % 4]) : text[i];
    return out;
}

Criteria midstream() {
    Criteria criteria;
    criteria.midstream = true;
    return criteria;
}

TEST(Selector, OneMaskedTextIsEnoughOfAConnectionThatAlreadyRuns) {
    Capture capture;
    Flow flow(capture, 1);
    flow.send(client, text_frame(true, "Hello"));
    flow.raw(server, flow.next[server], TcpFlag::ack);
    EXPECT_EQ(select(capture, midstream()).orders, places(capture, {1}));
}

TEST(Selector, FramesOfAConnectionThatAlreadyRunsMayBeLongerThanSegments) {
    for (const bool masked : {false, true}) {
        Capture capture;
        Flow flow(capture, 1);
        for (int i = 0; i < 3; ++i)
            flow.send(masked ? client : server, text_frame(masked, std::string(5000, static_cast<char>('a' + i))));
        EXPECT_EQ(select(capture, midstream()).orders, places(capture, {1})) << masked;
    }
}

TEST(Selector, AConnectionThatAlreadyRunsMayBeginInsideAFrame) {
    for (const bool masked : {false, true}) {
        std::string stream;
        for (int i = 0; i < 8; ++i)
            stream += text_frame(masked, "message " + std::to_string(i) + std::string(700, static_cast<char>('a' + i)));
        Capture capture;
        Flow flow(capture, 1);
        flow.send(masked ? client : server, stream.substr(100), 500);
        const auto kept = select(capture, midstream()).orders;
        ASSERT_GE(kept.size(), capture.size() - 4) << masked;
        for (std::size_t i = 0; i < kept.size(); ++i)
            EXPECT_EQ(kept[i], capture.size() - kept.size() + i) << "without a gap to the end";
    }
}

TEST(Selector, NoiseIsNoConnectionThatAlreadyRuns) {
    std::mt19937 random(1);
    Capture capture;
    for (int number = 1; number <= 360; ++number) {
        Flow flow(capture, number);
        for (int i = 0; i < 30; ++i) {
            std::string noise(2 + random() % (number % 2 ? 40 : 1400), '\0');
            for (auto& c : noise)
                c = static_cast<char>(random());
            flow.send(random() % 2 ? client : server, noise);
        }
    }
    EXPECT_TRUE(select(capture, midstream()).orders.empty());
}

TEST(Selector, OtherConnectionsThatAlreadyRunTakeNoMemoryForTheirPackets) {
    Kept kept;
    Selector selector(midstream(), {}, kept);
    Capture capture;
    Flow flow(capture, 1);
    for (int i = 0; i < 50; ++i)
        flow.send(client, "\x17\3\3\5\0" + std::string(1280, 'x'));
    std::uint64_t order = 0;
    for (const auto& captured : capture)
        selector.packet({order++, 0, 0, captured.length, ws::as_bytes(captured.bytes), {}}, captured.link);
    EXPECT_LT(selector.memory(), 1024u);
    EXPECT_EQ(selector.oldest_waiting(), ~std::uint64_t{0});
}

TEST(Selector, AllKeepsEverythingAtOnce) {
    Capture capture;
    Flow flow(capture, 1);
    plain_http(flow);
    capture.push_back({"not even IP", 11, 1, -1});
    Criteria criteria;
    criteria.all = true;
    EXPECT_EQ(select(capture, criteria).orders, places(capture, {1, -1}));
}

TEST(Selector, AConnectionPastItsLimitKeepsItsBeginningAndTheUpgrade) {
    Capture capture;
    Flow flow(capture, 1);
    flow.syn();
    flow.send(client, get());
    flow.send(server, ok(std::string(200000, 'x')));
    const auto from = capture.size();
    flow.send(client, upgrade(), 100);
    flow.send(server, switching());
    Places expected{0, 1, 2};
    for (auto i = from; i < capture.size(); ++i)
        expected.push_back(i);
    Counters counters;
    EXPECT_EQ(select(capture, {}, {}, &counters).orders, expected);
    EXPECT_EQ(counters.incomplete, 1u);
}

TEST(Selector, AHundredThousandUndecidedConnectionsFit) {
    Kept kept;
    Selector selector({}, {}, kept);
    std::uint64_t order = 0;
    const auto feed = [&](const Capture& capture) {
        for (const auto& captured : capture)
            selector.packet({order++, 0, 0, captured.length, ws::as_bytes(captured.bytes), {}}, captured.link);
    };
    for (int i = 1; i <= 100000; ++i) {
        Capture capture;
        Flow flow(capture, i);
        flow.client_port = static_cast<std::uint16_t>(i);
        flow.raw(client, flow.next[client]++, TcpFlag::syn, "");
        flow.raw(server, flow.next[server]++, TcpFlag::syn | TcpFlag::ack, "");
        flow.raw(client, flow.next[client], TcpFlag::ack, "");
        for (auto& captured : capture) { // as long as real ones, with their options
            captured.bytes.resize(&captured == &capture.back() ? 66 : 74);
            captured.length = static_cast<std::uint32_t>(captured.bytes.size());
        }
        feed(capture);
    }
    EXPECT_LT(selector.memory(), 64u << 20);
    EXPECT_EQ(selector.counters().forgotten, 0u);
    // The first of them is still there.
    Capture capture;
    Flow flow(capture, 1);
    flow.client_port = 1;
    flow.next[client] = 1001;
    flow.send(client, upgrade());
    feed(capture);
    EXPECT_EQ(kept.orders, (Places{0, 1, 2, 300000}));
}

TEST(Selector, MemoryStaysUnderTheLimitWhateverComes) {
    Kept kept;
    Limits limits;
    limits.total = 1 << 20;
    Selector selector({}, limits, kept);
    std::uint64_t order = 0;
    for (int i = 0; i < 20000; ++i) {
        Capture capture;
        Flow flow(capture, i);
        flow.syn();
        flow.send(client, "GET /" + std::string(500, 'a'));
        for (const auto& captured : capture)
            selector.packet({order++, 0, 0, captured.length, ws::as_bytes(captured.bytes), {}}, captured.link);
        ASSERT_LE(selector.memory(), limits.total + 4096);
    }
    EXPECT_GT(selector.counters().forgotten, 10000u);
}

/// Packets one after the other into one selector.
struct Feeder {
    Kept kept;
    Selector selector;
    std::uint64_t order = 0;

    explicit Feeder(Limits limits, Criteria criteria = {}) : selector(std::move(criteria), limits, kept) {}

    void feed(const Capture& capture) {
        for (const auto& captured : capture)
            selector.packet({order++, 0, 0, captured.length, ws::as_bytes(captured.bytes), {}}, captured.link);
    }
};

TEST(Selector, KeptConnectionsThatStayOpenTakeNothingFromNewOnes) {
    Limits limits;
    limits.total = 64 << 10;
    Feeder feeder(limits);
    for (int i = 1; i <= 2000; ++i) {
        Capture capture;
        Flow flow(capture, i);
        flow.syn();
        flow.send(client, upgrade());
        feeder.feed(capture);
    }
    EXPECT_EQ(feeder.kept.orders.size(), 2000u * 4);
    EXPECT_EQ(feeder.selector.counters().forgotten, 0u);
    EXPECT_EQ(feeder.selector.memory(), 0u);
    Capture capture; // and they are still known
    Flow flow(capture, 1);
    flow.send(server, switching());
    feeder.feed(capture);
    EXPECT_EQ(feeder.kept.orders.size(), 2000u * 4 + 1);
}

TEST(Selector, OfKeptConnectionsThatNeverEndTheLongestSilentIsForgotten) {
    Limits limits;
    limits.kept = 3;
    Feeder feeder(limits);
    for (const int number : {1, 2, 3, 1, 4}) { // 1 goes on, so 2 is silent longest
        Capture capture;
        Flow flow(capture, number);
        flow.send(client, upgrade());
        feeder.feed(capture);
    }
    EXPECT_EQ(feeder.selector.counters().endless, 1u);
    feeder.kept.orders.clear();
    Capture capture;
    for (int number = 1; number <= 4; ++number) {
        Flow flow(capture, number);
        flow.send(server, "\x81\2hi"s);
    }
    feeder.feed(capture);
    EXPECT_EQ(feeder.kept.orders, (Places{5, 7, 8}));
}

TEST(Selector, TheOldestUndecidedConnectionGoesFirst) {
    Limits limits;
    limits.total = 40000;
    limits.connection = 4 << 10;
    Feeder feeder(limits);
    const auto begin = [&](int number) {
        Capture capture;
        Flow flow(capture, number);
        flow.syn();
        feeder.feed(capture);
    };
    begin(1);
    Capture talkative; // past its limit, so that nothing of it waits
    Flow flow(talkative, 2);
    flow.syn();
    flow.send(client, get());
    flow.send(server, ok(std::string(20000, 'x')));
    feeder.feed(talkative);
    int number = 3;
    while (feeder.selector.counters().forgotten == 0)
        begin(number++);
    Capture capture;
    Flow first(capture, 1), second(capture, 2), last(capture, number - 1);
    for (Flow* each : {&first, &second, &last}) {
        each->next[client] = each == &second ? flow.next[client] : 1001;
        each->send(client, upgrade());
    }
    feeder.kept.orders.clear();
    feeder.feed(capture);
    EXPECT_EQ(feeder.kept.connections.size(), 1 + 4 + 4u) << "of the first only the upgrade, of the others their handshakes too";
}

TEST(Selector, RequestsWithoutUpgradeHeaderButWithItsKeyAreKept) {
    Capture capture; // as after a proxy that takes hop-by-hop headers away
    Flow flow(capture, 1);
    flow.syn();
    flow.send(client, "GET / HTTP/1.0\r\nHost: a\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    EXPECT_EQ(select(capture).orders, places(capture, {1}));
}

} // namespace
} // namespace wscap::test
