// SPDX-License-Identifier: GPL-2.0-or-later
#include "pcapng.hpp"
#include "reader.hpp"

#include <gtest/gtest.h>
#include <random>

namespace wscap::test {
namespace {

std::string sample() {
    std::string capture;
    pcapng::section(capture, "test");
    Interface interface {
        1, 1000, 1000000, {}
    };
    pcapng::add_option(interface.options, pcapng::if_name, ws::as_bytes("lo"));
    pcapng::interface(capture, interface);
    std::string comment;
    pcapng::add_option(comment, pcapng::comment, ws::as_bytes("hello"));
    for (int i = 0; i < 5; ++i) {
        const std::string data(static_cast<std::size_t>(i), 'x');
        pcapng::packet(capture, {0, std::uint64_t{1} << 40 | i, 0, 100, ws::as_bytes(data), ws::as_bytes(comment)});
    }
    pcapng::secrets(capture, "CLIENT_RANDOM a b\n");
    pcapng::statistics(capture, 0, 5, 7);
    return capture;
}

/// Reads `capture` in pieces of `size` bytes, with "nothing there yet" between them. Returns the last result.
ReadResult read_all(const std::string& capture, std::size_t size, std::vector<std::string>& packets,
                    std::unique_ptr<Reader>* keep = nullptr) {
    std::vector<Interface> interfaces;
    std::size_t at = 0;
    bool pause = false;
    auto reader = read_pcapng(buffered_source([&](void* to, std::size_t room) -> std::ptrdiff_t {
                                  pause = !pause;
                                  if (pause)
                                      return -2;
                                  const auto count = std::min({room, size, capture.size() - at});
                                  std::memcpy(to, capture.data() + at, count);
                                  at += count;
                                  return static_cast<std::ptrdiff_t>(count);
                              }),
                              interfaces);
    for (;;) {
        Packet packet;
        const auto result = reader->next(packet);
        if (result == ReadResult::packet)
            packets.emplace_back(as_text(packet.data));
        else if (result != ReadResult::wait) {
            EXPECT_EQ(result == ReadResult::failed, !reader->problem().empty());
            if (keep)
                *keep = std::move(reader);
            return result;
        }
    }
}

TEST(Pcapng, WhatIsWrittenIsReadHoweverItArrives) {
    for (const std::size_t size : {1, 3, 7, 64, 100000}) {
        std::vector<std::string> packets;
        std::unique_ptr<Reader> reader;
        EXPECT_EQ(read_all(sample(), size, packets, &reader), ReadResult::end);
        EXPECT_EQ(packets, (std::vector<std::string>{"", "x", "xx", "xxx", "xxxx"}));
        EXPECT_EQ(reader->dropped(), 7u);
        EXPECT_EQ(reader->take_secrets(), "CLIENT_RANDOM a b\n");
        EXPECT_EQ(reader->take_secrets(), "");
    }
}

TEST(Pcapng, EveryCutKeepsTheWholePacketsBefore) {
    const auto whole = sample();
    std::vector<std::string> all;
    read_all(whole, whole.size(), all);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        std::vector<std::string> packets;
        read_all(whole.substr(0, size), 1000, packets);
        ASSERT_LE(packets.size(), all.size());
        EXPECT_TRUE(std::equal(packets.begin(), packets.end(), all.begin()));
    }
}

TEST(Pcapng, DamageIsReportedNotFollowed) {
    std::mt19937 random(1);
    for (int i = 0; i < 3000; ++i) {
        auto bytes = sample();
        for (int flips = 1 + static_cast<int>(random() % 4); flips; --flips)
            bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
        std::vector<std::string> packets;
        const auto result = read_all(bytes, 1000, packets);
        EXPECT_TRUE(result == ReadResult::end || result == ReadResult::failed);
        EXPECT_LE(packets.size(), 5u);
    }
}

} // namespace
} // namespace wscap::test
