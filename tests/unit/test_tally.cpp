// SPDX-License-Identifier: GPL-2.0-or-later
#include "support.hpp"
#include "tally.hpp"

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

TEST(Tally, CountsMessagesOfEachSide) {
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
    Tally tally;
    tally.add(server, facts, 5);
    EXPECT_EQ(tally.sides[1].messages, 2U);
    EXPECT_EQ(tally.sides[1].bytes, 14U);
    EXPECT_EQ(tally.sides[1].wire_bytes, 6U);
    EXPECT_EQ(tally.sides[0].messages, 0U);
    EXPECT_EQ(tally.last, 5);
}

TEST(Tally, WhatCouldNotBeDecodedMayHaveBeenAnything) {
    Memory memory;
    Facts lost;
    lost.events.push_back(memory.arena, SkippedBytes{});
    Facts found;
    found.events.push_back(memory.arena, Frame{});
    Tally tally;
    tally.add(client, lost, 1);
    EXPECT_TRUE(tally.sides[0].uncertain);
    EXPECT_FALSE(tally.sides[1].uncertain);
    tally.add(client, found, 2);
    EXPECT_FALSE(tally.sides[0].uncertain);
    found.events.push_back(memory.arena, SkippedBytes{});
    tally.add(client, found, 3);
    EXPECT_TRUE(tally.sides[0].uncertain);
    found.events.push_back(memory.arena, Frame{});
    found.events.push_back(memory.arena, FramePart{});
    tally.add(client, found, 4);
    EXPECT_FALSE(tally.sides[0].uncertain) << "whole frames came after it";
}

TEST(Tally, RoundTrips) {
    Memory memory;
    Frame frame;
    frame.header.opcode = opcode::pong;
    frame.ping_in = 1;
    Facts facts;
    for (const std::int64_t time : {10, 40}) {
        frame.round_trip = time;
        facts.events.push_back(memory.arena, frame);
    }
    Tally tally;
    tally.add(client, facts, 1);
    EXPECT_EQ(tally.round_trips, 2U);
    EXPECT_EQ(tally.round_trip_sum, 50);
    EXPECT_EQ(tally.round_trip_max, 40);
}

} // namespace
} // namespace ws
