// SPDX-License-Identifier: GPL-2.0-or-later
#include "key_log.hpp"

#include <gtest/gtest.h>

namespace wscap::test {
namespace {

const std::string a(64, 'a'), b(64, 'b');
ClientRandom random(std::uint8_t byte) {
    ClientRandom random;
    random.fill(byte);
    return random;
}

TEST(KeyLog, LinesOfWantedConnectionsBeforeAndAfter) {
    KeyLog log;
    log.add("# comment\nCLIENT_RANDOM " + a + " 01\nCLIENT_RANDOM " + b + " 02\n");
    EXPECT_EQ(log.take(), "");
    log.want(random(0xAA));
    EXPECT_EQ(log.take(), "CLIENT_RANDOM " + a + " 01\n");
    log.add("EXPORTER_SECRET " + a + " 03\r\nEXPORTER_SECRET " + b + " 04\n");
    EXPECT_EQ(log.take(), "EXPORTER_SECRET " + a + " 03\n");
    EXPECT_EQ(log.take(), "");
}

TEST(KeyLog, WhatIsKnown) {
    KeyLog log;
    log.add("CLIENT_RANDOM " + a + " 01\n");
    EXPECT_TRUE(log.knows(random(0xAA)));
    EXPECT_FALSE(log.knows(random(0xBB)));
}

TEST(KeyLog, LinesThatArriveInPieces) {
    const std::string line = "CLIENT_RANDOM " + a + " 0102\n";
    for (std::size_t cut = 0; cut < line.size(); ++cut) {
        KeyLog log;
        log.want(random(0xAA));
        log.add(line.substr(0, cut));
        EXPECT_EQ(log.take(), "");
        log.add(line.substr(cut));
        EXPECT_EQ(log.take(), line);
    }
}

TEST(KeyLog, UpperCaseRandomsAndRubbish) {
    KeyLog log;
    log.want(random(0xAA));
    const std::string upper(64, 'A');
    log.add("CLIENT_RANDOM " + upper + " 01\nCLIENT_RANDOM aa 01\n\n \nCLIENT_RANDOM " + std::string(64, 'x') + " 01\n" +
            std::string(5000, 'y') + "\n");
    EXPECT_EQ(log.take(), "CLIENT_RANDOM " + upper + " 01\n");
}

TEST(KeyLog, TheOldestUnwantedGoFirst) {
    KeyLog log(200);
    log.add("CLIENT_RANDOM " + a + " " + std::string(60, '1') + "\n");
    log.add("CLIENT_RANDOM " + b + " " + std::string(60, '2') + "\n");
    log.want(random(0xAA));
    EXPECT_EQ(log.take(), "");
    log.want(random(0xBB));
    EXPECT_NE(log.take(), "");
}

TEST(KeyLog, RemembersNoMoreConnectionsThanItsLimits) {
    KeyLog log(8 << 20, 10);
    ClientRandom number{};
    const std::string digits = "0123456789abcdef";
    for (unsigned i = 0; i < 1000; ++i) {
        number[0] = static_cast<std::uint8_t>(i);
        number[1] = static_cast<std::uint8_t>(i >> 8);
        const std::string name{digits[number[0] >> 4], digits[number[0] & 15], digits[number[1] >> 4], digits[number[1] & 15]};
        const auto line = "CLIENT_RANDOM " + name + std::string(60, '0') + " 01\n";
        log.add(line);
        log.want(number);
        EXPECT_EQ(log.take(), line);
        log.add(line);
        EXPECT_EQ(log.take(), line) << "also what comes later";
    }
    EXPECT_EQ(log.connections(), 10U);
    log.add("CLIENT_RANDOM " + std::string(64, '0') + " 01\n");
    EXPECT_EQ(log.take(), "") << "the first of them was forgotten";
}

TEST(KeyLog, All) {
    KeyLog log;
    log.want_all();
    log.add("CLIENT_RANDOM " + a + " 01\n");
    EXPECT_EQ(log.take(), "CLIENT_RANDOM " + a + " 01\n");
}

} // namespace
} // namespace wscap::test
