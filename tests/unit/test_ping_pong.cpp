// SPDX-License-Identifier: GPL-2.0-or-later
#include "ping_pong.hpp"

#include "support.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

TEST(PingPong, APongAnswersThePingWithItsData) {
    for (const auto asks : both_directions) {
        PingPong p;
        p.ping(asks, 3, as_bytes("x"), 10, 1000);
        EXPECT_EQ(p.answered_in(asks, 3), 0U);
        const auto answer = p.pong(opposite(asks), 5, as_bytes("x"), 11, 1700);
        EXPECT_EQ(answer.ping_packet, 10U);
        EXPECT_EQ(answer.round_trip, 700);
        EXPECT_EQ(p.answered_in(asks, 3), 11U);
        EXPECT_EQ(p.answer_of(opposite(asks), 5).ping_packet, 10U);
        EXPECT_EQ(p.answer_of(opposite(asks), 5).round_trip, 700);
    }
}

TEST(PingPong, APongAnswersTheLatestEqualPingAndTheOnesBefore) {
    PingPong p;
    p.ping(client, 0, as_bytes("a"), 1, 100);
    p.ping(client, 1, as_bytes("same"), 2, 200);
    p.ping(client, 2, as_bytes("same"), 3, 300);
    p.ping(client, 3, as_bytes("later"), 4, 400);
    EXPECT_EQ(p.pong(server, 0, as_bytes("same"), 5, 350).ping_packet, 3U);
    EXPECT_EQ(p.answer_of(server, 0).round_trip, 50);
    for (const std::uint32_t frame : {0U, 1U, 2U})
        EXPECT_EQ(p.answered_in(client, frame), 5U) << frame;
    EXPECT_EQ(p.answered_in(client, 3), 0U) << "not answered yet";
    EXPECT_EQ(p.pong(server, 1, as_bytes("a"), 6, 500).ping_packet, 0U) << "answered already";
    EXPECT_EQ(p.pong(server, 2, as_bytes("later"), 7, 600).ping_packet, 4U);
}

TEST(PingPong, AnUnsolicitedPongAnswersNothing) {
    PingPong p;
    EXPECT_EQ(p.pong(client, 0, as_bytes(""), 1, 0).ping_packet, 0U);
    p.ping(client, 1, as_bytes("x"), 2, 0);
    EXPECT_EQ(p.pong(client, 2, as_bytes("x"), 3, 0).ping_packet, 0U) << "nobody answers his own ping";
    EXPECT_EQ(p.pong(server, 0, as_bytes("X"), 4, 0).ping_packet, 0U);
    EXPECT_EQ(p.pong(server, 1, as_bytes("xx"), 5, 0).ping_packet, 0U);
    EXPECT_EQ(p.answered_in(client, 1), 0U);
    EXPECT_EQ(p.answer_of(client, 0).ping_packet, 0U);
    EXPECT_EQ(p.answer_of(server, 77).ping_packet, 0U) << "no such frame";
}

TEST(PingPong, BothSidesMayAskAtOnce) {
    PingPong p;
    p.ping(client, 0, as_bytes(""), 1, 10);
    p.ping(server, 0, as_bytes(""), 2, 20);
    EXPECT_EQ(p.pong(client, 1, as_bytes(""), 3, 30).ping_packet, 2U);
    EXPECT_EQ(p.pong(server, 1, as_bytes(""), 4, 40).ping_packet, 1U);
    EXPECT_EQ(p.answered_in(client, 0), 4U);
    EXPECT_EQ(p.answered_in(server, 0), 3U);
}

TEST(PingPong, MatchesThousandsInOrder) {
    PingPong p;
    for (std::uint32_t i = 0; i < 5000; ++i) {
        const auto data = std::to_string(i);
        p.ping(server, 2 * i, as_bytes(data), 2 * i + 1, 0);
        ASSERT_EQ(p.pong(client, i, as_bytes(data), 2 * i + 2, 1).ping_packet, 2 * i + 1);
    }
    for (std::uint32_t i = 0; i < 5000; ++i) {
        ASSERT_EQ(p.answered_in(server, 2 * i), 2 * i + 2);
        ASSERT_EQ(p.answered_in(server, 2 * i + 1), 0U);
        ASSERT_EQ(p.answer_of(client, i).ping_packet, 2 * i + 1);
    }
}

TEST(PingPong, ForgetsTheOldestOfPingsThatNobodyAnswers) {
    PingPong p;
    for (std::uint32_t i = 0; i < 100000; ++i)
        p.ping(client, i, as_bytes(std::to_string(i)), i + 1, 0);
    EXPECT_EQ(p.pong(server, 0, as_bytes("0"), 200000, 0).ping_packet, 0U);
    EXPECT_EQ(p.pong(server, 1, as_bytes("99999"), 200001, 0).ping_packet, 100000U);
}

} // namespace
} // namespace ws::test
