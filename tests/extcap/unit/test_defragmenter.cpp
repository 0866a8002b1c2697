// SPDX-License-Identifier: GPL-2.0-or-later
#include "defragmenter.hpp"
#include "packets.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

namespace wscap::test {
namespace {

/// A defragmenter, fed with the fragments of datagrams from one host to another.
struct Fragments {
    struct Delivered {
        std::string payload;
        std::uint32_t length;
        std::vector<std::uint64_t> orders;
        std::vector<std::string> bytes;
    };
    std::vector<Delivered> delivered;
    std::uint64_t order = 0;
    Defragmenter defragmenter;

    explicit Fragments(std::size_t limit = 64 << 20)
        : defragmenter(limit, [this](const Datagram& datagram, const std::vector<Packet>& packets) {
              Delivered one{std::string(as_text(datagram.payload)), datagram.length, {}, {}};
              for (const Packet& packet : packets) {
                  one.orders.push_back(packet.order);
                  one.bytes.emplace_back(as_text(packet.data));
              }
              delivered.push_back(std::move(one));
          }) {}

    std::string add(int id, const std::string& payload, std::size_t offset, std::size_t size, std::size_t cut = 0) {
        const bool more = offset + size < payload.size();
        auto bytes = ip(false, "AAAA", "BBBB", payload.substr(offset, size), id, static_cast<int>(offset), more);
        bytes.resize(bytes.size() - cut);
        const std::vector<std::uint8_t> exact(bytes.begin(), bytes.end());
        const auto datagram = ws::parse_datagram(exact, static_cast<std::uint32_t>(cut));
        defragmenter.add(datagram.value(), {order++, 0, 0, static_cast<std::uint32_t>(bytes.size() + cut), exact, {}});
        return bytes;
    }
};

std::string noise(std::size_t size) {
    std::mt19937 random(7);
    std::string text(size, '\0');
    for (auto& c : text)
        c = static_cast<char>(random());
    return text;
}

TEST(Defragmenter, PutsFragmentsTogetherInWhateverOrderTheyCome) {
    const auto payload = noise(4000);
    std::vector<std::pair<std::size_t, std::size_t>> pieces;
    for (std::size_t at = 0; at < payload.size(); at += 400)
        pieces.emplace_back(at, 400);
    pieces.emplace_back(200, 1000); // overlaps others
    pieces.emplace_back(400, 400);  // sent twice
    std::mt19937 random(1);
    for (int round = 0; round < 50; ++round) {
        std::shuffle(pieces.begin(), pieces.end(), random);
        Fragments fragments;
        std::vector<std::string> bytes;
        for (const auto& [at, size] : pieces)
            bytes.push_back(fragments.add(1, payload, at, size));
        fragments.defragmenter.finish();
        ASSERT_GE(fragments.delivered.size(), 1U);
        const auto& whole = fragments.delivered[0];
        EXPECT_EQ(whole.payload, payload);
        EXPECT_EQ(whole.length, payload.size());
        EXPECT_TRUE(std::is_sorted(whole.orders.begin(), whole.orders.end()));
        for (std::size_t i = 0; i < whole.orders.size(); ++i)
            EXPECT_EQ(whole.bytes[i], bytes[whole.orders[i]]);
        EXPECT_EQ(fragments.defragmenter.memory(), 0U);
    }
}

TEST(Defragmenter, DeliversWhatThereIsUpToTheFirstMissingByte) {
    const auto payload = noise(1200);
    Fragments fragments;
    fragments.add(1, payload, 0, 400);
    fragments.add(1, payload, 800, 400);
    EXPECT_TRUE(fragments.delivered.empty());
    fragments.add(2, payload, 0, 400, 100); // cut by the snap length
    fragments.add(2, payload, 400, 800);
    ASSERT_EQ(fragments.delivered.size(), 1U);
    EXPECT_EQ(fragments.delivered[0].payload, payload.substr(0, 300));
    EXPECT_EQ(fragments.delivered[0].length, 1200U);
    fragments.defragmenter.finish();
    ASSERT_EQ(fragments.delivered.size(), 2U);
    EXPECT_EQ(fragments.delivered[1].payload, payload.substr(0, 400));
    EXPECT_EQ(fragments.delivered[1].orders, (std::vector<std::uint64_t>{0, 1}));
}

TEST(Defragmenter, HoldsNoMoreThanItsLimitAndTheOldestGoesFirst) {
    Fragments fragments(20000);
    const auto payload = noise(2000);
    for (int id = 0; id < 100; ++id) {
        fragments.add(id, payload, 0, 1000);
        EXPECT_LE(fragments.defragmenter.memory(), 20000U);
    }
    ASSERT_GT(fragments.delivered.size(), 50U);
    for (std::size_t i = 0; i < fragments.delivered.size(); ++i)
        EXPECT_EQ(fragments.delivered[i].orders, std::vector<std::uint64_t>{i});
    EXPECT_EQ(fragments.defragmenter.oldest(), fragments.delivered.size());
}

TEST(Defragmenter, OneDatagramDoesNotTakeWhatOthersNeed) {
    Fragments fragments;
    const auto payload = noise(60000);
    fragments.add(1, payload, 0, 8);
    for (std::size_t i = 0; i < 3 * Defragmenter::most_fragments; ++i)
        fragments.add(2, payload, 8 * (i % 100), 8);
    EXPECT_EQ(fragments.delivered.size(), 3U);
    for (std::size_t held = 0; held < 3 * Defragmenter::most_bytes; held += 8000)
        fragments.add(3, payload, 8000, 8000);
    EXPECT_GE(fragments.delivered.size(), 6U);
    EXPECT_EQ(fragments.defragmenter.oldest(), 0U) << "the first still waits";
}

// Time, not results: with work for each pair of fragments this takes minutes.
TEST(Defragmenter, IsLinearWhateverTheOrder) {
    const auto payload = noise(8 * 2000);
    Fragments fragments;
    for (int id = 0; id < 100; ++id)
        for (std::size_t at = payload.size(); at > 0; at -= 8)
            fragments.add(id, payload, at - 8, 8);
    ASSERT_EQ(fragments.delivered.size(), 100U);
    for (const auto& whole : fragments.delivered)
        EXPECT_EQ(whole.payload, payload);
}

} // namespace
} // namespace wscap::test
