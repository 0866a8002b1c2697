// SPDX-License-Identifier: GPL-2.0-or-later
#include "heartbeats.hpp"

#include "support.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

Message message_of(std::string_view data, bool text = true) {
    Message message;
    message.data = as_bytes(data);
    message.text = text;
    return message;
}

PeerMarks engine_io() {
    PeerMarks marks;
    note_mark(MarkPlace::path, "/socket.io/?EIO=4", marks);
    return marks;
}

class Beating : public testing::Test {
  protected:
    void ping(Direction from, std::int64_t time, std::uint32_t packet) {
        Frame frame;
        frame.header.opcode = opcode::ping;
        beats_.add(from, frame, time, packet, {});
    }
    void pong(Direction from, std::uint32_t answers) {
        Frame frame;
        frame.header.opcode = opcode::pong;
        frame.ping_in = answers;
        beats_.add(from, frame, 0, 0, {});
    }
    void say(Direction from, std::string_view text, std::int64_t time, std::uint32_t packet) {
        Frame frame;
        frame.header.opcode = opcode::text;
        auto message = message_of(text);
        frame.completes = &message;
        beats_.add(from, frame, time, packet, engine_io());
    }
    Heartbeats beats_;
};

TEST(Heartbeat, OfEachSubprotocol) {
    // engine.io-protocol 4 "ping" and "pong"; SignalR's HubProtocol.md; Phoenix' serializers of version 1 and 2.
    const std::pair<std::string_view, Beat> cases[] = {
        {"2", Beat::question},
        {"3", Beat::answer},
        {"{\"type\":6}\x1e", Beat::sign},
        {R"([null,"7","phoenix","heartbeat",{}])", Beat::question},
        {R"([null,"7","phoenix","phx_reply",{"response":{},"status":"ok"}])", Beat::answer},
        {R"({"topic":"phoenix","event":"heartbeat","payload":{},"ref":"7"})", Beat::question},
        {"hello", Beat::none},
        {"22", Beat::none},
        {R"(["1","1","room:heartbeat","phx_join",{}])", Beat::none},
    };
    for (const auto& [text, beat] : cases)
        EXPECT_EQ(heartbeat_of(message_of(text), engine_io()).beat, beat) << text;
    EXPECT_EQ(heartbeat_of(message_of("2"), {}).beat, Beat::none); // not Engine.IO
    EXPECT_EQ(heartbeat_of(message_of("\x02\x91\x06", false), {}).beat, Beat::sign);
}

TEST_F(Beating, APongAnswersItsPingAndThoseBefore) {
    ping(server, 10, 1);
    ping(server, 20, 2);
    EXPECT_EQ(beats_.unanswered(server).count, 2U);
    EXPECT_EQ(beats_.unanswered(server).time, 10);
    EXPECT_EQ(beats_.unanswered(client).name, nullptr);
    pong(client, 1);
    EXPECT_EQ(beats_.unanswered(server).packet, 2U);
    EXPECT_EQ(beats_.unanswered(server).time, 20);
    pong(client, 2);
    EXPECT_EQ(beats_.unanswered(server).name, nullptr);
}

TEST_F(Beating, APongOfItsOwnAnswersNothing) {
    ping(server, 10, 1);
    pong(client, 0);
    EXPECT_EQ(beats_.unanswered(server).packet, 1U);
}

TEST_F(Beating, HeartbeatsOfTheSubprotocol) {
    say(server, "2", 100, 1);
    EXPECT_EQ(beats_.unanswered(server).time, 100);
    say(client, "3", 101, 2);
    EXPECT_EQ(beats_.unanswered(server).name, nullptr);
    say(server, "2", 350, 3);
    EXPECT_EQ(beats_.interval(server), 250);
    EXPECT_EQ(beats_.last_sign(server), 3U);
    EXPECT_EQ(beats_.interval(client), 0);
}

TEST(Heartbeat, IsNothingElse) {
    for (const auto text : {"", "hello", "{\"phoenix\":1}", "[\"phoenix\"]", "{\"type\":6}"})
        EXPECT_EQ(heartbeat_of(message_of(text), {}).beat, Beat::none) << text;
    EXPECT_EQ(heartbeat_of(message_of("2"), {}).beat, Beat::none) << "of another path";
    EXPECT_EQ(heartbeat_of(message_of("[\"phoenix\",\"heartbeat\"" + std::string(300, ' ')), {}).beat, Beat::none) << "too long";
    EXPECT_EQ(heartbeat_of(message_of("\x02\x91\x06", false), {}).beat, Beat::sign);
    EXPECT_EQ(heartbeat_of(message_of("\x02\x91\x07", false), {}).beat, Beat::none);
}

TEST_F(Beating, WhatMatters) {
    Frame frame;
    frame.header.opcode = opcode::ping;
    EXPECT_TRUE(Heartbeats::matters(frame, {}));
    frame.header.opcode = opcode::text;
    EXPECT_FALSE(Heartbeats::matters(frame, {}));
    auto message = message_of("hello");
    frame.completes = &message;
    EXPECT_FALSE(Heartbeats::matters(frame, {}));
    message = message_of("{\"type\":6}\x1e");
    EXPECT_TRUE(Heartbeats::matters(frame, {}));
}

} // namespace
} // namespace ws::test
