// SPDX-License-Identifier: GPL-2.0-or-later
// What the readers make of messages that are too many, too long, cut, or another's.
#include "subprotocol_reading.hpp"

namespace ws::test {
namespace {

using namespace std::string_literals;

std::string repeated(const std::string& part, std::size_t count, const std::string& between = "") {
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
        text += (i ? between : "") + part;
    return text;
}

TEST(OddMessages, HaveAThousandRecordsAtMost) {
    constexpr std::size_t many = Records::most_records + 1;
    const auto expect_full = [](const Subprotocol& one, const std::string& message, bool is_text = true,
                                std::string_view name = {}) {
        const auto said = read(one, message, is_text, name);
        EXPECT_EQ(said.records, Records::most_records) << one.name;
        EXPECT_EQ(said.stopped, "more records than are shown") << one.name;
    };
    expect_full(bayeux, "[" + repeated(R"({"channel":"/a"})", many, ",") + "]");
    expect_full(jsonrpc, "[" + repeated(R"({"method":"a"})", many, ",") + "]");
    expect_full(nats, repeated("PING\r\n", many));
    expect_full(stomp, repeated("ACK\n\n\0"s, many));
    expect_full(signalr, repeated("{\"type\":6}\x1e", many));
    expect_full(signalr, repeated("\x02\x91\x06", many), false);
    expect_full(wamp, repeated("[33,1,2]", many, "\x1e"));
    expect_full(wamp, repeated("\0\0\0\x04\x93\x21\x01\x02"s, many), false, "wamp.2.msgpack.batched");
    const auto frames = read(sockjs, "a[" + repeated(R"("ACK\n\n\u0000")", many, ",") + "]");
    EXPECT_EQ(frames.records, Records::most_records);
}

TEST(OddMessages, OfAThousandValuesTheFirstAreShown) {
    const auto said = read(stomp, "SEND\n" + repeated("a:b\n", 3 * Records::most_values) + "\n\0"s);
    EXPECT_EQ(said.stopped, "more values than are shown");
}

TEST(OddMessages, ALongNameIsAskedButNotRepeatedWithTheAnswer) {
    const std::string name(300, 'n');
    TestArena memory;
    const Arena& arena = memory;
    const auto subject_of = [&](const Subprotocol& one, const std::string& message) {
        Records records(arena);
        one.read(Reading(as_bytes(message), true, arena), records);
        return records.empty() ? std::string("none") : std::string(records.last().subject);
    };
    for (const auto& said : {std::string("short"), name}) {
        const auto expected = said == name ? "" : said;
        EXPECT_EQ(subject_of(jsonrpc, R"({"method":")" + said + R"(","id":1})"), expected);
        EXPECT_EQ(subject_of(ocpp, R"([2,"1",")" + said + R"(",{}])"), expected);
        EXPECT_EQ(subject_of(phoenix, R"(["1","1","room",")" + said + R"(",{}])"), expected);
        EXPECT_EQ(subject_of(signalr, R"({"type":1,"invocationId":"1","target":")" + said + "\"}\x1e"), expected);
        EXPECT_EQ(subject_of(wamp, "[48,1,{},\"" + said + "\"]"), expected);
    }
}

TEST(OddMessages, ABadOneAmongGoodOnesIsSaid) {
    const struct {
        const Subprotocol& of;
        std::string message;
        const char* stopped;
    } cases[] = {
        {bayeux, R"([{"channel":"/a"},{"x":1}])", "a message without a channel"},
        {jsonrpc, R"([{"method":"a"},7])", "neither a call nor an answer"},
        {stomp, "ACK\n\n\0NOTHING\n\n\0"s, "no command that STOMP has"},
        {stomp, "SEND\nhalf\0a header"s, "a NUL before the headers end"},
        {nats, "PING\r\nNOTHING\r\n", "no command that NATS has"},
        {ocpp, R"([2,"a"])", "an action is missing"},
        {ocpp, R"([4,"a"])", "an error code is missing"},
        {signalr, "{\"type\":6}\x1e[]\x1e", "a record that is no JSON object"},
        {phoenix, "hello", "no topic, event and payload"},
        {phoenix, R"({"topic":"a","event":"b"})", "no topic, event and payload"},
        {phoenix, R"({"topic":1,"event":"b","payload":{}})", "no topic, event and payload"},
        {phoenix, R"({"topic":"a","event":7,"payload":{}})", "no topic, event and payload"},
        {phoenix, R"(["1","1","a","b",{},"more"])", "no topic, event and payload"},
    };
    for (const auto& one : cases)
        EXPECT_EQ(read(one.of, one.message).stopped, one.stopped) << one.message;
    const struct {
        const Subprotocol& of;
        std::string message;
        const char* stopped;
        std::string_view name;
    } binary[] = {
        {phoenix, "\x03", "no kind of message that is known", {}},
        {phoenix, "\0\x01\x01"s, "a name is longer than the message", {}},
        {phoenix, "\x02\x09\x01room", "a name is longer than the message", {}},
        {signalr, "\x05\x91", "a record that is longer than the message", {}},
        {signalr, "\x02\x91\xc1", "no array that begins with the type of a record", {}},
        {k8schannel, "\x09", "a channel that Kubernetes does not have", {}},
        {wamp, "\x93\x32\x01", "MessagePack that could not be read to its end", "wamp.2.msgpack"},
    };
    for (const auto& one : binary)
        EXPECT_FALSE(read(one.of, one.message, false, one.name).stopped.empty()) << one.of.name << ": " << one.stopped;
}

TEST(OddMessages, WhatIsNotWholeGoesOn) {
    TestArena memory;
    const Arena& arena = memory;
    const auto goes_on = [&](const Subprotocol& one, const std::string& message) {
        Records records(arena);
        one.read(Reading(as_bytes(message), true, arena), records);
        return !records.empty() && records.last().goes_on;
    };
    EXPECT_TRUE(goes_on(nats, "PUB a 5\r\nabc"));
    EXPECT_TRUE(goes_on(nats, "PUB a 5\r\nabcde"));
    EXPECT_TRUE(goes_on(nats, "PUB a 5\r\nabcde\r"));
    EXPECT_FALSE(goes_on(nats, "PUB a 5\r\nabcde\r\n"));
    EXPECT_TRUE(goes_on(nats, "PIN"));
    EXPECT_TRUE(goes_on(nats, "INFO {\"a\":"));
    EXPECT_FALSE(goes_on(nats, "INFO " + std::string(70000, 'x'))) << "no line is that long";
    EXPECT_TRUE(goes_on(stomp, "SE"));
    EXPECT_TRUE(goes_on(stomp, "SEND\ndestination:/a\n"));
    EXPECT_TRUE(goes_on(stomp, "SEND\n\nbody"));
    EXPECT_TRUE(goes_on(stomp, "SEND\ncontent-length:9\n\nbody\0"s));
    EXPECT_FALSE(goes_on(stomp, "SEND\ncontent-length:4\n\nbody\0"s));
}

TEST(OddMessages, NatsCommandsInLowerCaseAndBrokenJson) {
    expect_all(nats, {{"ping\r\npong\r\n", "ping, pong"}, {"info {broken\r\n", "info"}});
}

TEST(OddMessages, StompHeaders) {
    expect_all(stomp, {{"SEND\ndestination:/first\ndestination:/second\n\n\0"s, "SEND \"/first\""},
                       {"SEND\ndestination:a\\nb\\rc\\\\d\\x\n\n\0"s, "SEND \"a b c\\dx\""},
                       {"SEND\ndestination:end\\\n\n\0"s, "SEND \"end\\\""},
                       {"RECEIPT\nreceipt-id:r\nreceipt-id:s\n\n\0"s, "RECEIPT"},
                       {"SEND\ncontent-length:1\ncontent-length:2\n\na\0"s, "SEND"},
                       {"SEND\ncontent-type:application/xml\n\n<a/>\0"s, "SEND"},
                       {"SEND\ncontent-type:application/json\n\n{\"a\":1}\0"s, "SEND"},
                       {"SEND\ncontent-type:text/plain\n\n{\"a\":1}\0"s, "SEND"},
                       {"\r\nACK\n\n\0"s, "ACK"}});
    TestArena memory;
    const Arena& arena = memory;
    const auto kind_of = [&](const std::string& message, bool is_text = true) {
        Records records(arena);
        stomp.read(Reading(as_bytes(message), is_text, arena), records);
        const char* kind = records.last().content.kind;
        return std::string(kind ? kind : "none");
    };
    EXPECT_EQ(kind_of("SEND\ncontent-type:application/xml\n\n<a/>\0"s), "xml");
    EXPECT_EQ(kind_of("SEND\ncontent-type:application/json\n\n{\"a\":1}\0"s), "json");
    EXPECT_EQ(kind_of("SEND\n\n{\"a\":1}\0"s), "json");
    EXPECT_EQ(kind_of("SEND\ncontent-type:text/plain\n\n{\"a\":1}\0"s), "none");
    EXPECT_EQ(kind_of("SEND\n\n\xff\xfe\0"s, false), "none");
}

TEST(OddMessages, SocketIo) {
    expect_all(engineio, {{R"(452-["two",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])",
                           "BINARY_EVENT \"two\", 2 attachments"},
                          {R"(461-/admin,7[{"_placeholder":true,"num":0}])", "BINARY_ACK /admin 7, 1 attachment"},
                          {"42", "EVENT"},
                          {R"(42{"no":"array"})", "EVENT"},
                          {"42[7]", "EVENT"},
                          {R"(42[ "blank" ])", "EVENT \"blank\""},
                          {R"(42["never ends)", "EVENT"},
                          {R"(0{"sid":7})", "open"},
                          {R"(0{"sid":"abc"})", "open"},
                          {"0", "open"}});
    const std::string third = "wss://example.com/socket.io/?EIO=3&transport=websocket";
    EXPECT_EQ(read(engineio, "\x05\x01\x02", false, {}, third).records, 2U) << "not typed";
    EXPECT_EQ(read(engineio, "", false, {}, third).records, 2U);
    EXPECT_EQ(read(engineio, "\x04\x01", false, {}, "wss://example.com/socket.io/?EIO=4").records, 2U);
}

TEST(OddMessages, Kubernetes) {
    const auto v5 = "v5.channel.k8s.io", encoded = "base64.channel.k8s.io";
    expect_all(k8schannel, {{"\xff\x09", "close"}, {"\xff\0\0"s, "close \"  \""}}, false, v5);
    expect_all(k8schannel, {{"3eyJhIjoxfQ==", "error \"{\"a\":1}\""}, {"4eyJhIjoxfQ==", "resize \"{\"a\":1}\""}}, true, encoded);
    EXPECT_EQ(read(k8schannel,
                   "\x09"
                   "data",
                   false, "v4.channel.k8s.io", "wss://k/portforward")
                  .stopped,
              "");
    EXPECT_EQ(read(k8schannel, "\xff\x01", false, "v4.channel.k8s.io", "wss://k/portforward").words, "errors of port 127");
}

TEST(OddMessages, Realtime) {
    expect_all(
        realtime,
        {{R"({"type":"response.audio.delta","response_id":"resp_2","delta":"AAEC"})",
          "response.audio.delta resp_2, 3 bytes of audio"},
         {R"({"type":"response.output_audio.delta","response_id":"r","delta":"AAE="})",
          "response.output_audio.delta r, 2 bytes of audio"},
         {R"({"type":"session.update","session":{}})", "session.update"},
         {R"({"type":"response.create"})", "response.create"},
         {R"({"type":"session.other"})", "session.other"},
         {R"({"realtimeInput":{"audio":{"mimeType":"audio/pcm","data":"AAEC"}}})", "realtimeInput, 3 bytes of audio"},
         {R"({"realtimeInput":{"mediaChunks":[{"mimeType":"audio/pcm","data":"AA=="},{"mimeType":"image/png","data":"AAEC"}]}})",
          "realtimeInput, 1 bytes of audio"},
         {R"({"serverContent":{"modelTurn":{"parts":[{"text":"hi"},{"inlineData":{"mimeType":"audio/pcm","data":"AAEC"}}]}}})",
          "serverContent, 3 bytes of audio"},
         {R"({"goAway":"soon"})", "goAway"}});
    EXPECT_EQ(read(realtime, R"({"other":1})").stopped, "neither a type of event nor a member that is known");
}

TEST(OddMessages, SignalR) {
    const auto end = "\x1e"s;
    expect_all(signalr, {{R"({"type":2,"invocationId":"1","item":7})" + end, "StreamItem #1"},
                         {R"({"type":4,"invocationId":"1","target":"Count"})" + end, "StreamInvocation Count #1"},
                         {R"({"type":5,"invocationId":"1"})" + end, "CancelInvocation #1"}});
    // [4, {}, "1", "Count"]; [7, "bye"]; the handshake as text in a binary message
    expect_all(signalr,
               {{"\x0b\x94\x04\x80\xa1"
                 "1\xa5"
                 "Count",
                 "StreamInvocation Count #1"},
                {"\x06\x92\x07\xa3"
                 "bye",
                 "Close, error \"bye\""},
                {"\x05\x93\x05\x80\xa1"
                 "1",
                 "CancelInvocation #1"}},
               false);
}

TEST(OddMessages, SockJs) {
    expect_all(sockjs, {{R"(["one"])", "messages \"one\""}, {"a[]", "messages 0"}, {R"(a["SEND\n\n\u0000","plain"])", "SEND"}});
    expect_none(sockjs, {R"(c["x"])", R"(m"one")", R"("one")", "[1]", "a{}"});
}

TEST(OddMessages, PackedValuesOfEveryKind) {
    // [48, 1, {"a": null, "b": true, "c": false, "d": -5, "e": 1.5, "f": h'00', "g": Infinity}, "p"]
    const auto cbor = "\x84\x18\x30\x01\xa7\x61"
                      "a\xf6\x61"
                      "b\xf5\x61"
                      "c\xf4\x61"
                      "d\x24\x61"
                      "e\xf9\x3e\0\x61"
                      "f\x41\0\x61"
                      "g\xf9\x7c\0\x61"
                      "p"s;
    TestArena memory;
    const Arena& arena = memory;
    Records records(arena);
    wamp.read(Reading(as_bytes(cbor), false, arena, Direction::client_to_server, {}, "wamp.2.cbor"), records);
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records.last().words, "CALL p");
    EXPECT_EQ(records.last().stopped, nullptr);
}

TEST(OddMessages, APackedOneThatEndsBehindAName) {
    EXPECT_NE(read(wamp,
                   "\x84\x18\x30\x01\xa1\x61"
                   "a",
                   false, "wamp.2.cbor")
                  .stopped,
              "");
}

TEST(OddMessages, AreReadByEveryReaderWithinTheirBounds) {
    const std::string messages[] = {"",
                                    "\0"s,
                                    "\n",
                                    " ",
                                    "{",
                                    "[",
                                    "{}",
                                    "[]",
                                    "7",
                                    "\"text\"",
                                    "[[]]",
                                    "[1,2,3,4,5,6]",
                                    R"(["a","b","c","d","e"])",
                                    R"({"type":1,"id":"1","channel":"/a","event":"e","topic":"t","payload":{},"method":"m"})",
                                    R"({"type":"subscribe","id":"1","payload":{"query":"query"},"command":"c","identifier":"x"})",
                                    "SEND\na:b\n\nbody\0"s,
                                    "PUB a 3\r\nabc\r\n",
                                    "42[\"e\"]",
                                    "o",
                                    "a[\"x\"]",
                                    "\x93\x32\x01\x80",
                                    "\x03\x91\x06\x06",
                                    "\x80\x03\0\x01\0\0\0\0"s,
                                    "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>",
                                    std::string(300, '\xff'),
                                    std::string(300, '['),
                                    "\xc3\xa4\xe2\x82\xac"};
    for (const auto* one : all_subprotocols()) {
        if (!one->read)
            continue;
        for (const auto& message : messages)
            for (const bool is_text : {true, false}) {
                if (is_text && well_formed_part(as_bytes(message)) != message.size())
                    continue;
                TestArena memory;
                const Arena& arena = memory;
                Records records(arena);
                one->read(Reading(as_bytes(message), is_text, arena), records);
                for (const auto& record : records.all()) {
                    EXPECT_EQ(well_formed_part(as_bytes(record.words)), record.words.size()) << one->name << ": " << message;
                    EXPECT_LE(std::size_t{record.offset} + record.size, record.data.size()) << one->name << ": " << message;
                    EXPECT_LE(record.stopped_at, record.data.size()) << one->name << ": " << message;
                    for (const auto& value : record.values)
                        EXPECT_LE(std::size_t{value.offset} + value.size, record.data.size()) << one->name << ": " << message;
                }
            }
    }
}

TEST(OddMessages, TheUrlOfASession) {
    EXPECT_EQ(subprotocol_of_url("wss://example.com/chat/123/abcdefgh/websocket"), &sockjs);
    for (const auto* url : {"wss://example.com/chat/123/abcdefgh", "wss://example.com/chat/12a/abcdefgh/websocket",
                            "wss://example.com/chat/1234/abcdefgh/websocket", "wss://example.com/chat/123//websocket",
                            "/websocket", "a/websocket", "/1/a/websocket"})
        EXPECT_EQ(subprotocol_of_url(url), nullptr) << url;
    EXPECT_EQ(find_subprotocol_name(""), nullptr);
}

} // namespace
} // namespace ws::test
