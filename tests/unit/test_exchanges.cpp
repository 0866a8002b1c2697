// SPDX-License-Identifier: GPL-2.0-or-later
#include "subprotocols/subprotocol_reader.hpp"
#include "subprotocols/subprotocols.hpp"
#include "test_arena.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ws {
namespace {

using test::TestArena;

/// One connection, whose messages are JSON-RPC.
class Connection {
  public:
    explicit Connection(bool known = true) : reader(known ? &jsonrpc : nullptr) {}

    /// The packet whose call the message answers; 0: none. Each message is in a packet of its own.
    std::uint32_t send(Direction direction, const std::string& text, bool after_loss = false) {
        TestArena memory;
        const Arena& arena = memory;
        const Reading reading(as_bytes(text), true, arena, direction);
        const auto records = reader.read(
            reading, {direction, ++counts[static_cast<std::size_t>(direction)], after_loss, ++packets, packets}, true);
        return records.empty() ? 0 : records.front().exchange.asked_in;
    }
    std::uint32_t call(const std::string& id) {
        return send(Direction::client_to_server, R"({"method":"a","id":")" + id + "\"}");
    }
    std::uint32_t answer(const std::string& id) {
        return send(Direction::server_to_client, R"({"result":1,"id":")" + id + "\"}");
    }

    SubprotocolReader reader;
    std::uint32_t packets = 0;
    std::uint32_t counts[2] = {};
};

TEST(Exchanges, EachQuestionIsAnsweredOnce) {
    Connection connection;
    connection.call("a");
    connection.call("b");
    EXPECT_EQ(connection.answer("b"), 2U);
    EXPECT_EQ(connection.answer("b"), 0U);
    EXPECT_EQ(connection.answer("a"), 1U);
    EXPECT_EQ(connection.answer("c"), 0U);
}

TEST(Exchanges, AnIdThatIsUsedAgainIsTheLaterQuestions) {
    Connection connection;
    connection.call("a");
    connection.call("a");
    EXPECT_EQ(connection.answer("a"), 2U);
}

TEST(Exchanges, NobodyAnswersHimself) {
    Connection connection;
    connection.call("a");
    EXPECT_EQ(connection.send(Direction::client_to_server, R"({"result":1,"id":"a"})"), 0U);
    EXPECT_EQ(connection.answer("a"), 1U);
}

TEST(Exchanges, BoundedInNumberAndSize) {
    Connection connection;
    for (std::size_t i = 0; i <= Exchanges::most_open; ++i)
        connection.call(std::to_string(i));
    EXPECT_EQ(connection.answer("0"), 0U); // forgotten with all that nobody had answered
    EXPECT_EQ(connection.answer(std::to_string(Exchanges::most_open)), Exchanges::most_open + 1);
    connection.call(std::string(Exchanges::longest_id + 1, 'x'));
    EXPECT_EQ(connection.answer(std::string(Exchanges::longest_id + 1, 'x')), 0U);
}

TEST(SubprotocolReader, AnAnswerSettlesWhatOneMessageDoesNot) {
    Connection connection(false);
    connection.call("a");
    connection.call("b");
    EXPECT_EQ(connection.reader.known(), nullptr);
    EXPECT_EQ(connection.answer("a"), 1U);
    EXPECT_EQ(connection.reader.known(), &jsonrpc);
}

TEST(SubprotocolReader, LooksAtTheFirstMessagesOnly) {
    Connection connection(false);
    for (std::uint32_t i = 0; i < SubprotocolReader::most_looked_at; ++i) {
        EXPECT_FALSE(connection.reader.gave_up());
        connection.send(Direction::client_to_server, "nothing");
    }
    EXPECT_TRUE(connection.reader.gave_up());
    connection.call("a");
    EXPECT_EQ(connection.answer("a"), 0U);
}

/// Messages of any kind, on the first visit and on later ones.
class Talk {
  public:
    explicit Talk(const Subprotocol* known = nullptr, const Subprotocol* hint = nullptr) : reader(known, hint) {}

    std::string send(Direction direction, std::string message, bool is_text = true, bool after_loss = false) {
        sent.push_back({direction, ++counts[static_cast<std::size_t>(direction)], after_loss, is_text, std::move(message)});
        return visit(sent.size() - 1, true);
    }
    /// What is shown of it, with the packets of the question and the answer, or that it belongs to, or goes on in.
    std::string visit(std::size_t i, bool first) {
        const auto& one = sent[i];
        TestArena memory;
        const Arena& arena = memory;
        const Reading reading(as_bytes(one.message), one.is_text, arena, one.direction);
        const auto packet = static_cast<std::uint32_t>(i + 1);
        const Arrival arrival{one.direction, one.number, one.after_loss, packet, packet};
        std::string shown;
        for (const auto& record : first ? reader.read(reading, arrival, true) : reader.again(reading, arrival)) {
            shown += (shown.empty() ? "" : ", ") + std::string(record.words);
            if (record.exchange.asked_in)
                shown += " " + std::to_string(record.exchange.asked_in) + "->" + std::to_string(record.exchange.answered_in);
            if (record.belongs_to)
                shown += " of " + std::to_string(record.belongs_to);
            if (record.goes_on_in)
                shown += " on in " + std::to_string(record.goes_on_in);
        }
        return shown;
    }
    std::string again(std::size_t packet) { return visit(packet - 1, false); }

    struct Sent {
        Direction direction;
        std::uint32_t number;
        bool after_loss, is_text;
        std::string message;
    };
    SubprotocolReader reader;
    std::vector<Sent> sent;
    std::uint32_t counts[2] = {};
};

constexpr auto client = Direction::client_to_server, server = Direction::server_to_client;

TEST(SubprotocolReader, LaterVisitsKnowTheAnswersToo) {
    Talk talk(&jsonrpc);
    EXPECT_EQ(talk.send(client, R"({"method":"a","id":1})"), "request a, id 1");
    EXPECT_EQ(talk.send(server, R"({"result":1,"id":1})"), "response, id 1 1->2");
    EXPECT_EQ(talk.again(1), "request a, id 1 1->2");
    EXPECT_EQ(talk.again(2), "response, id 1 1->2");
    Talk unknown;
    unknown.send(client, "hello");
    EXPECT_EQ(unknown.again(1), "");
}

TEST(SubprotocolReader, TwoClearMessagesOrOneAndTheUrlSettleIt) {
    const std::string welcome = R"({"type":"welcome"})", boot = R"([2,"1","BootNotification",{}])";
    Talk talk;
    EXPECT_EQ(talk.send(client, boot), "") << "the first may be chance";
    EXPECT_EQ(talk.send(client, boot), "CALL BootNotification");
    EXPECT_EQ(talk.reader.known(), &ocpp);
    Talk hinted(nullptr, &ocpp);
    EXPECT_EQ(hinted.send(client, boot), "CALL BootNotification");
    Talk wrong(nullptr, &actioncable);
    EXPECT_EQ(wrong.send(client, boot), "");
    EXPECT_EQ(wrong.send(client, "hello"), "");
    EXPECT_EQ(wrong.send(client, boot), "") << "not one after the other";
}

TEST(SubprotocolReader, OfAFoundOneWhatIsNothingOfItIsSomebodyElses) {
    Talk talk(nullptr, &ocpp);
    talk.send(client, R"([2,"1","BootNotification",{}])");
    EXPECT_EQ(talk.send(client, "hello"), "");
    EXPECT_EQ(talk.again(2), "");
    Talk named(&ocpp);
    EXPECT_EQ(named.send(client, "hello"), "malformed \"hello\"");
    EXPECT_EQ(named.again(1), "malformed \"hello\"");
}

TEST(SubprotocolReader, AMessageGoesOnInTheNext) {
    Talk talk(&stomp);
    EXPECT_EQ(talk.send(client, "SEND\ndestination:/a\n\nhel"), "SEND \"/a\"");
    EXPECT_EQ(talk.send(client, "lo"), "part");
    EXPECT_EQ(talk.send(client, std::string("!\0", 2)), "SEND \"/a\"");
    EXPECT_EQ(talk.again(1), "SEND \"/a\" on in 2");
    // Lost: what comes is no part of it.
    talk.send(client, "SEND\n\nhel");
    EXPECT_EQ(talk.send(client, std::string("BEGIN\n\n\0", 8), true, true), "BEGIN");
}

TEST(Exchanges, AttachmentsBelongToTheMessageBefore) {
    Talk talk(&engineio);
    talk.send(client, R"(452-["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
    EXPECT_EQ(talk.send(client, "\x01", false), "message,  of 1");
    EXPECT_EQ(talk.send(client, "\x02", false), "message,  of 1");
    EXPECT_EQ(talk.send(client, "\x03", false), "message") << "one more than was said";
    EXPECT_EQ(talk.again(2), "message,  of 1");
    EXPECT_EQ(talk.again(4), "message");
    talk.send(client, R"(451-["e",{"_placeholder":true,"num":0}])");
    EXPECT_EQ(talk.send(client, "\x01", false, true), "message") << "which it is nobody knows after a loss";
}

TEST(Exchanges, WhatHasNoIdIsAnsweredByTurnAndNotAfterALoss) {
    Talk talk(&engineio);
    talk.send(server, "2");
    EXPECT_EQ(talk.send(client, "3"), "pong 1->2");
    EXPECT_EQ(talk.again(1), "ping 1->2");
    talk.send(server, "2");
    EXPECT_EQ(talk.send(client, "3", true, true), "pong");
}

TEST(Exchanges, AnAnswerMayComeInParts) {
    Talk talk(&signalr);
    talk.send(client, "{\"type\":4,\"invocationId\":\"1\",\"target\":\"Count\"}\x1e");
    EXPECT_EQ(talk.send(server, "{\"type\":2,\"invocationId\":\"1\",\"item\":7}\x1e"), "StreamItem #1 1->2");
    EXPECT_EQ(talk.send(server, "{\"type\":3,\"invocationId\":\"1\"}\x1e"), "Completion #1 1->3");
    EXPECT_EQ(talk.send(server, "{\"type\":3,\"invocationId\":\"1\"}\x1e"), "Completion #1");
}

} // namespace
} // namespace ws
