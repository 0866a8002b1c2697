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

} // namespace
} // namespace ws
