// SPDX-License-Identifier: GPL-2.0-or-later
#include "statistics.hpp"
#include "support.hpp"

#include <gtest/gtest.h>

namespace ws {
namespace {

constexpr auto client = Direction::client_to_server;
constexpr auto server = Direction::server_to_client;

struct Memory {
    std::vector<std::unique_ptr<char[]>> blocks;
    Arena arena{[](void* context, std::size_t size) -> void* {
                    return static_cast<Memory*>(context)->blocks.emplace_back(new char[size + 1]).get();
                },
                this};
};

TEST(Statistics, CountsMessagesOfEachSide) {
    Memory memory;
    Facts facts;
    const std::uint8_t data[7] = {};
    Message message;
    message.data = data;
    message.wire_length = 3;
    Frame frame;
    frame.completes = &message;
    facts.events.push_back(memory.arena, frame);
    facts.events.push_back(memory.arena, frame);
    Statistics statistics;
    statistics.add(server, facts, 5, 1);
    EXPECT_EQ(statistics.sides[1].messages, 2U);
    EXPECT_EQ(statistics.sides[1].bytes, 14U);
    EXPECT_EQ(statistics.sides[1].wire_bytes, 6U);
    EXPECT_EQ(statistics.sides[0].messages, 0U);
    EXPECT_EQ(statistics.last, 5);
}

TEST(Statistics, WhatCouldNotBeDecodedMayHaveBeenAnything) {
    Memory memory;
    Facts lost;
    lost.events.push_back(memory.arena, SkippedBytes{});
    Facts found;
    found.events.push_back(memory.arena, Frame{});
    Statistics statistics;
    statistics.add(client, lost, 1, 1);
    EXPECT_TRUE(statistics.sides[0].uncertain);
    EXPECT_FALSE(statistics.sides[1].uncertain);
    statistics.add(client, found, 2, 1);
    EXPECT_FALSE(statistics.sides[0].uncertain);
    found.events.push_back(memory.arena, SkippedBytes{});
    statistics.add(client, found, 3, 1);
    EXPECT_TRUE(statistics.sides[0].uncertain);
    found.events.push_back(memory.arena, Frame{});
    found.events.push_back(memory.arena, FramePart{});
    statistics.add(client, found, 4, 1);
    EXPECT_FALSE(statistics.sides[0].uncertain) << "whole frames came after it";
}

TEST(Statistics, RoundTrips) {
    Memory memory;
    Frame frame;
    frame.header.opcode = opcode::pong;
    frame.ping_in = 1;
    Facts facts;
    for (const std::int64_t time : {10, 40}) {
        frame.round_trip = time;
        facts.events.push_back(memory.arena, frame);
    }
    Statistics statistics;
    statistics.add(client, facts, 1, 1);
    EXPECT_EQ(statistics.round_trips, 2U);
    EXPECT_EQ(statistics.round_trip_sum, 50);
    EXPECT_EQ(statistics.round_trip_max, 40);
}

} // namespace
} // namespace ws
