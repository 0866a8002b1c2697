// SPDX-License-Identifier: GPL-2.0-or-later
#include "http2.hpp"

#include "support.hpp"

#include <gtest/gtest.h>

#include <ctime>

namespace ws::test {
namespace {

enum Type { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION };
enum Flag { END_STREAM = 1, END_HEADERS = 4, PADDED = 8, HAS_PRIORITY = 32 };

const auto preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"s;

std::string big_endian(std::uint64_t value, int bytes) {
    std::string out;
    while (bytes-- > 0)
        out += static_cast<char>(value >> 8 * bytes);
    return out;
}

/// RFC 9113 4.1.
std::string frame(Type type, int flags, std::uint32_t stream, std::string_view payload = {}) {
    return big_endian(payload.size(), 3) + static_cast<char>(type) + static_cast<char>(flags) + big_endian(stream, 4) +
           std::string(payload);
}

/// RFC 7541 5.1.
std::string integer(std::size_t value, unsigned bits, unsigned first) {
    const std::size_t most = (1U << bits) - 1;
    if (value < most)
        return {static_cast<char>(first | value)};
    std::string out{static_cast<char>(first | most)};
    for (value -= most; value >= 128; value >>= 7)
        out += static_cast<char>(value | 128);
    return out + static_cast<char>(value);
}
std::string text(std::string_view text) {
    return integer(text.size(), 7, 0) + std::string(text);
}
/// RFC 7541 6.1: from 62 on the entries that were added, the newest first.
std::string indexed(std::size_t index) {
    return integer(index, 7, 0x80);
}
std::string added(std::string_view name, std::string_view value) {
    return "\x40" + text(name) + text(value);
}
std::string literal(std::string_view name, std::string_view value) {
    return "\0"s + text(name) + text(value);
}
std::string table_size(std::size_t size) {
    return integer(size, 5, 0x20);
}

std::string connect(std::string_view path = "/chat") {
    return literal(":method", "CONNECT") + literal(":protocol", "websocket") + literal(":scheme", "https") +
           literal(":path", path) + literal(":authority", "example.com");
}
const auto accepted = indexed(8); // :status 200 (RFC 7541 A)

std::string headers(std::uint32_t stream, std::string_view block, int flags = END_HEADERS) {
    return frame(HEADERS, flags, stream, block);
}
std::string data(std::uint32_t stream, std::string_view payload, int flags = 0) {
    return frame(DATA, flags, stream, payload);
}

constexpr std::size_t client_side = 0, server_side = 1;

/// A connection that writes down what it is told: "request 1 /chat", "data 1 hello", …
class Player {
  public:
    explicit Player(bool begin = true) {
        if (begin) {
            send(client_side, preface + frame(SETTINGS, 0, 0));
            send(server_side, frame(SETTINGS, 0, 0, big_endian(8, 2) + big_endian(1, 4)));
        }
    }
    Player& client(std::string_view bytes, std::size_t size = std::string::npos) { return send(client_side, bytes, size); }
    Player& server(std::string_view bytes, std::size_t size = std::string::npos) { return send(server_side, bytes, size); }
    Player& lose(std::size_t side) {
        http2_.lose(side);
        return *this;
    }
    /// Accepts a request.
    Player& websocket(std::uint32_t stream) {
        return client(headers(stream, connect())).server(headers(stream, accepted)).forget();
    }
    Player& forget() {
        told_.clear();
        return *this;
    }
    const std::vector<std::string>& told() const { return told_; }
    std::size_t memory() const { return arena_.used(); }
    const std::string& head() const { return head_; }

  private:
    /// In chunks of that size.
    Player& send(std::size_t side, std::string_view bytes, std::size_t size = std::string::npos) {
        for (std::size_t at = 0; at < bytes.size(); at += std::min(size, bytes.size())) {
            const auto chunk = bytes.substr(at, size);
            List<Http2Event> events;
            http2_.feed(side, as_bytes(chunk), arena_, events);
            for (const auto& event : events)
                tell(event, chunk);
        }
        return *this;
    }
    void tell(const Http2Event& event, std::string_view chunk) {
        const auto on = " " + std::to_string(event.stream);
        switch (event.kind) {
        case Http2Event::Kind::request: {
            head_ = event.head;
            const auto head = read_http2_head(head_, arena_);
            EXPECT_TRUE(head.is_request && head.extended_connect);
            told_.push_back("request" + on + " " + std::string(head.target));
            break;
        }
        case Http2Event::Kind::response:
            head_ = event.head;
            told_.push_back("response" + on + " " + std::to_string(read_http2_head(head_, arena_).status));
            break;
        case Http2Event::Kind::data: {
            ASSERT_LE(event.offset + event.length, chunk.size());
            const auto bytes = std::string(chunk.substr(event.offset, event.length));
            if (!told_.empty() && told_.back().starts_with("data" + on + " "))
                told_.back() += bytes;
            else
                told_.push_back("data" + on + " " + bytes);
            break;
        }
        case Http2Event::Kind::end: told_.push_back("end" + on); break;
        case Http2Event::Kind::reset: told_.push_back("reset" + on); break;
        }
    }

    TestArena arena_;
    Http2 http2_;
    std::vector<std::string> told_;
    std::string head_;
};

using Told = std::vector<std::string>;

TEST(Http2, TellsTheSameHoweverTheBytesAreCut) {
    const auto from_client = headers(1, connect("/one")) + headers(3, connect("/two")) + data(1, "hello") +
                             data(3, "\x03other\0\0\0"s, PADDED) + data(1, "") + data(1, " world") + data(3, "", END_STREAM) +
                             frame(RST_STREAM, 0, 1, big_endian(8, 4)) + data(1, "too late");
    const Told told = {"request 1 /one", "request 3 /two", "data 1 hello", "data 3 other", "data 1  world", "end 3", "reset 1"};
    for (std::size_t size = 1; size <= from_client.size(); ++size)
        EXPECT_EQ(Player().client(from_client, size).told(), told) << size;
}

TEST(Http2, ReadsTheHead) {
    Player player;
    const auto block = connect("/chat?x=1") + literal("sec-websocket-protocol", "v1") + literal("Sec-WebSocket-Version", "13");
    player.client(headers(1, block));
    TestArena arena;
    const auto head = read_http2_head(player.head(), arena);
    EXPECT_EQ(head.method, "CONNECT");
    EXPECT_EQ(head.target, "/chat?x=1");
    EXPECT_EQ(head.start_line, ":method: CONNECT");
    EXPECT_EQ(http2_scheme(player.head()), "https");
    ASSERT_TRUE(head.find("Host") && head.find("Sec-WebSocket-Protocol") && head.find("Sec-WebSocket-Version"));
    EXPECT_EQ(head.find("Host")->value, "example.com");
    EXPECT_EQ(head.find("Sec-WebSocket-Protocol")->value, "v1");
    EXPECT_EQ(head.find("Sec-WebSocket-Version")->value, "13");
}

TEST(Http2, KeepsStreamsForWebSocketOnly) {
    Player player;
    player.client(headers(1, literal(":method", "GET") + literal(":path", "/")) + data(1, "no"));
    player.client(headers(3, literal(":method", "CONNECT") + literal(":authority", "example.com:443")) + data(3, "no"));
    player.client(headers(5, literal(":method", "CONNECT") + literal(":protocol", "connect-udp")) + data(5, "no"));
    player.client(headers(7, literal(":method", "GET") + literal(":protocol", "websocket")) + data(7, "no"));
    player.server(headers(1, accepted) + data(1, "no") + headers(3, accepted) + data(3, "no"));
    player.client(frame(RST_STREAM, 0, 1, big_endian(8, 4)) + data(3, "", END_STREAM));
    EXPECT_EQ(player.told(), Told{});
}

TEST(Http2, FindsTheHeaderBlockWithinItsFrames) {
    const auto block = connect();
    const auto priority = big_endian(0, 4) + "\x10";
    EXPECT_EQ(Player().client(headers(1, "\4" + block + "\0\0\0\0"s, END_HEADERS | PADDED)).told(), Told{"request 1 /chat"});
    EXPECT_EQ(Player().client(headers(1, priority + block, END_HEADERS | HAS_PRIORITY)).told(), Told{"request 1 /chat"});
    EXPECT_EQ(Player().client(headers(1, "\1" + priority + block + "\0"s, END_HEADERS | PADDED | HAS_PRIORITY)).told(),
              Told{"request 1 /chat"});
    for (std::size_t cut = 0; cut <= block.size(); ++cut) {
        const auto in_two = headers(1, block.substr(0, cut), 0) + frame(CONTINUATION, END_HEADERS, 1, block.substr(cut));
        const auto in_three = headers(1, block.substr(0, cut), 0) + frame(CONTINUATION, 0, 1, block.substr(cut)) +
                              frame(CONTINUATION, END_HEADERS, 1);
        EXPECT_EQ(Player().client(in_two).told(), Told{"request 1 /chat"});
        EXPECT_EQ(Player().client(in_three, 7).told(), Told{"request 1 /chat"});
    }
}

TEST(Http2, EveryHeaderBlockMovesTheTableOn) {
    Player player;
    player.websocket(1);
    player.server(headers(1, added("x", "trailer"), END_HEADERS)); // on a known stream
    player.server(headers(2, added("x", "1")));                    // on another
    player.server(frame(PUSH_PROMISE, END_HEADERS, 2, big_endian(4, 4) + added(":status", "201")));
    player.client(headers(3, connect())).forget();
    player.server(headers(3, indexed(62)));
    EXPECT_EQ(player.told(), Told{"response 3 201"});
}

std::string settings(unsigned id, unsigned value) {
    return frame(SETTINGS, 0, 0, big_endian(id, 2) + big_endian(value, 4));
}

/// The second of these requests refers to an entry that only a table of 32 kB and more still has.
std::vector<std::string> told_with_a_large_table(Player player) {
    std::string block = table_size(65536) + added(":protocol", "websocket");
    for (int i = 0; i < 100; ++i)
        block += added("x-" + std::to_string(i), std::string(200, 'x'));
    player.client(headers(1, block));
    player.client(headers(3, literal(":method", "CONNECT") + literal(":path", "/later") + indexed(62 + 100)));
    return player.told();
}

TEST(Http2, TheTableMayGrowAsFarAsThePeerAllows) {
    constexpr unsigned header_table_size = 1;
    const Told told{"request 3 /later"};
    const auto with = [](const std::string& from_server) {
        Player player;
        player.server(from_server);
        return told_with_a_large_table(std::move(player));
    };
    EXPECT_EQ(with(settings(header_table_size, 65536)), told);
    EXPECT_EQ(with(settings(header_table_size, 65536) + settings(header_table_size, 0)), told) << "the client may not know yet";
    EXPECT_EQ(with(settings(header_table_size, 65535)), Told{});
    EXPECT_EQ(with(""), Told{}) << "4,096 bytes are allowed";
    EXPECT_EQ(told_with_a_large_table(Player(false)), told) << "SETTINGS were not captured";

    Player player;
    player.client(headers(1, connect())).forget();
    player.server(settings(header_table_size, 65536));
    EXPECT_EQ(told_with_a_large_table(std::move(player)), told) << "allowed after the first block";
}

TEST(Http2, ABlockThatCannotBeReadLeavesNothingWrong) {
    Player player;
    player.client(headers(1, added(":protocol", "websocket") + added(":method", "CONNECT")));
    player.client(headers(3, indexed(120) + added("x", "unknown"))); // no such entry
    player.client(headers(5, indexed(62) + indexed(63)));            // what they are is not known any more
    player.client(headers(7, connect("/literal")));
    player.client(headers(9, added(":protocol", "websocket") + added(":method", "CONNECT") + literal(":path", "/added")));
    player.client(headers(11, indexed(62) + indexed(63) + literal(":path", "/indexed")));
    EXPECT_EQ(player.told(), (Told{"request 1 ", "request 7 /literal", "request 9 /added", "request 11 /indexed"}));
}

TEST(Http2, OnlyWhereTheServerAllowsIt) {
    const auto with = [](const std::string& from_server) {
        return Player(false).client(preface + frame(SETTINGS, 0, 0)).server(from_server, 5).client(headers(1, connect())).told();
    };
    const Told told{"request 1 /chat"};
    EXPECT_EQ(with(settings(8, 1)), told);
    EXPECT_EQ(with(settings(3, 100) + settings(8, 1)), told) << "allowed later";
    EXPECT_EQ(with(settings(8, 1) + settings(3, 100)), told);
    EXPECT_EQ(with(frame(SETTINGS, 1, 0)), told) << "an acknowledgement sets nothing";
    EXPECT_EQ(with(""), told) << "not captured";
    EXPECT_EQ(with(settings(3, 100)), Told{});
    EXPECT_EQ(with(settings(8, 0)), Told{});
    EXPECT_EQ(with(frame(SETTINGS, 0, 0)), Told{});
}

TEST(Http2, TheTableBeginsAnewOnceItIsAllowed) {
    const auto settings = frame(SETTINGS, 0, 0);
    Player player(false);
    player.client(preface + settings).server(settings);
    player.client(headers(1, added(":method", "CONNECT") + added(":protocol", "websocket")));
    player.server(frame(SETTINGS, 0, 0, big_endian(8, 2) + big_endian(1, 4)));
    player.client(headers(3, added("x", "y") + indexed(63) + indexed(64))); // not followed
    player.client(headers(5, connect("/after")));
    EXPECT_EQ(player.told(), Told{"request 5 /after"});
}

TEST(Http2, TheAnswerDecides) {
    const auto answer = [](std::string_view blocks) {
        return Player()
            .client(headers(1, connect()))
            .forget()
            .server(blocks)
            .server(data(1, "data"))
            .client(data(1, "data"))
            .told();
    };
    EXPECT_EQ(answer(headers(1, accepted)), (Told{"response 1 200", "data 1 datadata"}));
    EXPECT_EQ(answer(headers(1, literal(":status", "299"))), (Told{"response 1 299", "data 1 datadata"}));
    EXPECT_EQ(answer(headers(1, literal(":status", "403"))), (Told{"response 1 403"}));
    EXPECT_EQ(answer(headers(1, literal(":status", "300"))), (Told{"response 1 300"}));
    EXPECT_EQ(answer(headers(1, literal(":status", "103")) + headers(1, accepted)), (Told{"response 1 200", "data 1 datadata"}));
    EXPECT_EQ(answer(headers(1, accepted) + headers(1, literal(":status", "500"))), (Told{"response 1 200", "data 1 datadata"}));
    EXPECT_EQ(answer(""), (Told{"data 1 data"})) << "the server's is an answer that was not captured";
    EXPECT_EQ(answer(headers(1, literal(":status", "2x0"))), (Told{"data 1 data"}));
}

TEST(Http2, AnAnswerMaySpeakForItself) {
    const auto extension = literal("sec-websocket-extensions", "permessage-deflate");
    Player player(false);
    player.server(frame(SETTINGS, 0, 0) + headers(1, accepted) + data(1, "no"));
    player.server(headers(3, accepted + extension) + data(3, "yes") + headers(5, literal(":status", "400") + extension));
    EXPECT_EQ(player.told(), (Told{"response 3 200", "data 3 yes"}));
}

TEST(Http2, StreamsEnd) {
    const auto reset = frame(RST_STREAM, 0, 1, big_endian(8, 4));
    EXPECT_EQ(Player().websocket(1).client(data(1, "a", END_STREAM) + data(1, "b")).server(data(1, "c")).told(),
              (Told{"data 1 a", "end 1", "data 1 c"}));
    EXPECT_EQ(Player().websocket(1).client(data(1, "", END_STREAM)).server(data(1, "", END_STREAM) + data(1, "d")).told(),
              (Told{"end 1", "end 1"}));
    EXPECT_EQ(Player().websocket(1).client(headers(1, literal("x", "y"), END_HEADERS | END_STREAM)).told(), (Told{"end 1"}));
    EXPECT_EQ(Player().websocket(1).server(reset + data(1, "e")).client(data(1, "f") + reset).told(), (Told{"reset 1"}));
}

TEST(Http2, PaddingIsNoData) {
    const auto padded = [](std::string_view payload) { return Player().websocket(1).client(data(1, payload, PADDED), 1).told(); };
    EXPECT_EQ(padded("\0data"s), Told{"data 1 data"});
    EXPECT_EQ(padded("\4data"s), Told{});
    EXPECT_EQ(padded("\3data"s), Told{"data 1 d"});
    EXPECT_EQ(padded("\5data"s), Told{}) << "more than there is";
    EXPECT_EQ(padded("\0"s), Told{});
    EXPECT_EQ(padded(""), Told{});
    std::string most(256, 'p');
    most[0] = '\xff';
    EXPECT_EQ(padded(most), Told{});
}

TEST(Http2, GoesOnAfterAGap) {
    Player player;
    player.websocket(1).client(data(1, "before") + frame(DATA, 0, 1, "cut off").substr(0, 12));
    player.lose(client_side);
    player.client("the rest of a frame" + data(1, "not at a border"));
    player.client(data(1, "after") + data(1, "wards"));
    player.server(data(1, "other side"));
    EXPECT_EQ(player.told(), (Told{"data 1 beforecutafterwardsother side"}));
}

TEST(Http2, MayBeginInTheMiddle) {
    Player player(false);
    player.client(data(1, "of a stream that began before"));
    player.server(headers(1, indexed(62)) + headers(3, indexed(8)));
    player.client(headers(5, connect()));
    player.server(headers(5, accepted));
    player.client(data(5, "hello"));
    EXPECT_EQ(player.told(), (Told{"request 5 /chat", "response 5 200", "data 5 hello"}));
}

TEST(Http2, WhatIsNoHttp2IsNothing) {
    for (const auto& bytes : {"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"s, "PRI * HTTP/1.1\r\n\r\n0123456789"s, noise(5000)})
        EXPECT_EQ(Player(false).client(bytes).client(headers(1, connect()).substr(1)).server(bytes, 100).told(), Told{});
}

TEST(Http2, AFrameThatMayNotBeThereIsNone) {
    const auto request = headers(1, connect());
    for (const auto& wrong : {frame(SETTINGS, 0, 1), frame(SETTINGS, 0, 0, "12345"), frame(PING, 0, 0, "1234567"), data(0, "x"),
                              frame(RST_STREAM, 0, 1, "123"), frame(WINDOW_UPDATE, 0, 1, "12345"),
                              frame(GOAWAY, 0, 1, "12345678"), headers(3, connect(), 0) + data(5, "within a header block")})
        EXPECT_EQ(Player().client(wrong + request).told(), Told{});
    const auto unknown = frame(static_cast<Type>(0x0b), 0xff, 77, "an extension (RFC 9113 5.5)");
    EXPECT_EQ(Player().client(unknown + request).told(), Told{"request 1 /chat"});
}

TEST(Http2, NoValueForgesAField) {
    Player player;
    player.client(
        headers(1, connect("/\nsec-websocket-protocol: forged") + literal("x\ny", "z\r\norigin: forged") + literal("a: b", "c")));
    TestArena arena;
    const auto head = read_http2_head(player.head(), arena);
    EXPECT_EQ(head.find("sec-websocket-protocol"), nullptr);
    EXPECT_EQ(head.find("origin"), nullptr);
    EXPECT_EQ(head.find("a"), nullptr);
    EXPECT_EQ(head.target, "/ sec-websocket-protocol: forged");
}

TEST(Http2, AHeadIsARequestOrAResponse) {
    const auto both = connect() + literal(":status", "200");
    Player player;
    player.client(headers(1, both));
    EXPECT_EQ(player.told(), Told{}) << "no request has a status";
    player.client(headers(3, connect())).forget();
    player.server(headers(3, both));
    EXPECT_EQ(player.told(), Told{"response 3 200"}) << "whatever else it has";
}

TEST(Http2, AHeadThatInflatesTooFarIsNotKept) {
    Player player;
    std::string bomb = connect() + added("x", std::string(4000, 'x'));
    for (int i = 0; i < 100000; ++i)
        bomb += indexed(62);
    player.client(headers(1, bomb));
    player.client(headers(3, connect("/after")));
    EXPECT_EQ(player.told(), Told{"request 3 /after"});
    EXPECT_LT(player.memory(), 100000U);
}

TEST(Http2, ABlockTakesLinearTime) {
    std::string block = added(":long", std::string(4000, 'x'));
    for (int i = 0; i < 15; ++i)
        block += indexed(62);
    block += added("y", "");
    block.append(250'000, indexed(62)[0]);
    const auto begin = std::clock();
    Player player;
    for (std::uint32_t i = 1; i <= 200; ++i)
        player.client(headers(2 * i + 1, block));
    EXPECT_LT(std::clock() - begin, 10 * CLOCKS_PER_SEC);
}

TEST(Http2, AnEndlessHeaderBlockIsNotKept) {
    Player player;
    player.client(headers(1, connect(), 0));
    const auto more = frame(CONTINUATION, 0, 1, literal("x", std::string(10000, 'x')));
    for (int i = 0; i < 1000; ++i)
        player.client(more);
    player.client(frame(CONTINUATION, END_HEADERS, 1) + headers(3, connect("/after")));
    EXPECT_EQ(player.told(), Told{"request 3 /after"});
}

TEST(Http2, ManyStreamsAreNotAllKept) {
    Player player;
    player.client(headers(1, added(":method", "CONNECT") + added(":protocol", "websocket")));
    for (std::uint32_t i = 1; i < 20000; ++i)
        player.client(headers(2 * i + 1, indexed(62) + indexed(63)));
    EXPECT_EQ(player.told().size(), 10000U);
}

TEST(Http2, NoBytesDoHarm) {
    for (unsigned seed = 0; seed < 300; ++seed) {
        Player player;
        player.websocket(1);
        std::mt19937 random(seed);
        for (int i = 0; i < 20; ++i) {
            auto bytes = headers(3 + 2 * static_cast<std::uint32_t>(i), connect()) + data(1, noise(20, seed)) +
                         frame(static_cast<Type>(random() % 12), static_cast<int>(random() % 256), random() % 4,
                               noise(30, static_cast<unsigned>(random())));
            for (unsigned flips = random() % 4; flips-- > 0;)
                bytes[random() % bytes.size()] = static_cast<char>(random());
            if (random() % 8 == 0)
                player.lose(random() % 2);
            random() % 2 ? player.client(bytes, 1 + random() % 50) : player.server(bytes, 1 + random() % 50);
        }
    }
}

TEST(Http2, KnowsHowMuchOfAFrameCame) {
    TestArena arena;
    Http2 http2;
    List<Http2Event> events;
    const auto bytes = preface + frame(SETTINGS, 0, 0, "\0\x04\0\0\xff\xff"s) + data(1, "hello");
    const auto begin_of_last = bytes.size() - data(1, "hello").size();
    for (std::size_t end = 1; end <= bytes.size(); ++end) {
        http2.feed(client_side, as_bytes(std::string_view(bytes).substr(end - 1, 1)), arena, events);
        const auto begin = end < preface.size()  ? 0
                           : end < begin_of_last ? preface.size()
                           : end < bytes.size()  ? begin_of_last
                                                 : end;
        EXPECT_EQ(http2.unfinished(client_side), end - begin) << end;
    }
    http2.feed(client_side, as_bytes("\0"sv), arena, events);
    http2.lose(client_side);
    EXPECT_EQ(http2.unfinished(client_side), 0U);
    EXPECT_EQ(http2.unfinished(server_side), 0U);
}

TEST(Http2, KnowsWhetherTheServerTakesWebSocket) {
    for (const bool allows : {false, true}) {
        TestArena arena;
        Http2 http2;
        List<Http2Event> events;
        http2.feed(client_side, as_bytes(preface + frame(SETTINGS, 0, 0)), arena, events);
        EXPECT_TRUE(http2.may_carry_websocket());
        http2.feed(server_side, as_bytes(frame(SETTINGS, 0, 0, allows ? big_endian(8, 2) + big_endian(1, 4) : ""s)), arena,
                   events);
        EXPECT_EQ(http2.may_carry_websocket(), allows);
    }
}

} // namespace
} // namespace ws::test
