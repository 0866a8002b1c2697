// SPDX-License-Identifier: GPL-2.0-or-later
#include "http_head.hpp"

#include "support.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

struct Parsed {
    HeadResult result;
    HttpHead head;
};

Parsed parse(std::string_view bytes, TestArena& arena) {
    Parsed p{};
    p.result = parse_http_head(bytes, arena, p.head);
    return p;
}

constexpr auto request = "GET /chat?x=1 HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\r\nbytes that follow"sv;
constexpr auto response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05Hello"sv;

TEST(HttpHead, ReadsARequest) {
    TestArena arena;
    const auto [result, head] = parse(request, arena);
    ASSERT_EQ(result, HeadResult::complete);
    EXPECT_TRUE(head.is_request);
    EXPECT_EQ(head.method, "GET");
    EXPECT_EQ(head.target, "/chat?x=1");
    EXPECT_EQ(head.version, "HTTP/1.1");
    ASSERT_EQ(head.fields.size(), 2U);
    EXPECT_EQ(head.fields[0].name, "Host");
    EXPECT_EQ(head.fields[0].value, "server.example.com");
    EXPECT_EQ(request.substr(head.size), "bytes that follow");
}

TEST(HttpHead, ReadsAResponse) {
    TestArena arena;
    const auto [result, head] = parse(response, arena);
    ASSERT_EQ(result, HeadResult::complete);
    EXPECT_FALSE(head.is_request);
    EXPECT_EQ(head.version, "HTTP/1.1");
    EXPECT_EQ(head.status, 101);
    EXPECT_EQ(head.reason, "Switching Protocols");
    EXPECT_EQ(response.substr(head.size), "\x81\x05Hello");
}

TEST(HttpHead, IsIncompleteAtEveryByteBeforeItsEnd) {
    for (const auto whole : {request, response}) {
        TestArena arena;
        const auto end = parse(whole, arena).head.size;
        for (std::size_t i = 1; i < end; ++i) {
            const std::vector<char> exact(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(i));
            EXPECT_EQ(parse({exact.data(), i}, arena).result, HeadResult::incomplete) << i;
        }
        for (std::size_t i = end; i <= whole.size(); ++i)
            EXPECT_EQ(parse(whole.substr(0, i), arena).head.size, end);
    }
}

TEST(HttpHead, ReadsStatusLinesOfEveryKind) {
    struct {
        std::string_view line;
        unsigned status;
        std::string_view reason;
    } const cases[] = {
        {"HTTP/1.1 200 OK", 200, "OK"}, {"HTTP/1.0 404 Not Found", 404, "Not Found"},
        {"HTTP/1.1 101", 101, ""},      {"HTTP/1.1 101 ", 101, ""},
        {"HTTP/1.1 1x1 odd", 0, "odd"}, {"HTTP/1.1 1010 odd", 0, " odd"},
    };
    for (const auto& c : cases) {
        TestArena arena;
        const auto bytes = std::string(c.line) + "\r\n\r\n";
        const auto [result, head] = parse(bytes, arena);
        EXPECT_EQ(result, HeadResult::complete) << c.line;
        EXPECT_EQ(head.status, c.status) << c.line;
        EXPECT_EQ(head.reason, c.reason) << c.line;
    }
}

TEST(HttpHead, KnowsWhatIsNoHttp) {
    for (const auto bytes : {"\x81\x05Hello"sv, "\x16\x03\x01"sv, ""sv, " GET / HTTP/1.1\r\n\r\n"sv, "GET /\r\n\r\n"sv,
                             "\r\n\r\n"sv, "GET / HTTP/11\r\n\r\n"sv, "GET / HTTP/1.x\r\n\r\n"sv, "G(T / HTTP/1.1\r\n\r\n"sv,
                             "HTTP/1.1\r\n\r\n"sv, "hello\n"sv, "SSH-2.0-x\r\n"sv}) {
        TestArena arena;
        EXPECT_EQ(parse(bytes, arena).result, HeadResult::not_http) << hex(as_bytes(bytes));
    }
}

TEST(HttpHead, TakesFieldsAsPeopleWriteThem) {
    TestArena arena;
    const auto bytes = "GET / HTTP/1.1\n"
                       "Host:no-blank\n"
                       "sec-websocket-KEY: \t padded \t \r\n"
                       "Empty:\r\n"
                       "no header field at all\r\n"
                       ": no name\r\n"
                       "With: colons: in it\r\n"
                       "\n"s;
    const auto [result, head] = parse(bytes, arena);
    ASSERT_EQ(result, HeadResult::complete);
    ASSERT_EQ(head.fields.size(), 4U);
    ASSERT_TRUE(head.find("Sec-WebSocket-Key"));
    EXPECT_EQ(head.find("Sec-WebSocket-Key")->value, "padded");
    EXPECT_EQ(head.find("HOST")->value, "no-blank");
    EXPECT_EQ(head.find("empty")->value, "");
    EXPECT_EQ(head.find("with")->value, "colons: in it");
    EXPECT_FALSE(head.find("Sec-WebSocket"));
    EXPECT_EQ(head.size, bytes.size());
}

TEST(HttpHead, FindsTheFirstOfSeveralFields) {
    TestArena arena;
    const auto head = parse("GET / HTTP/1.1\r\nA: 1\r\na: 2\r\n\r\n", arena).head;
    EXPECT_EQ(head.fields.size(), 2U);
    EXPECT_EQ(head.find("A")->value, "1");
}

TEST(HttpHead, JoinsFoldedLines) {
    TestArena arena;
    const auto head = parse("GET / HTTP/1.1\r\n fold of nothing\r\nA:\r\n one,\r\n\ttwo\r\nB: x\r\n\r\n", arena).head;
    ASSERT_EQ(head.fields.size(), 2U);
    EXPECT_TRUE(list_contains(head.find("A")->value, "one"));
    EXPECT_TRUE(list_contains(head.find("A")->value, "two"));
    EXPECT_FALSE(list_contains(head.find("A")->value, "x"));
}

TEST(HttpHead, TakesLinearTimeForManyFields) {
    TestArena arena;
    std::string bytes = "GET / HTTP/1.1\r\n";
    for (unsigned i = 0; i < 100000; ++i)
        bytes += "A: b\r\n";
    EXPECT_EQ(parse(bytes, arena).result, HeadResult::incomplete);
    const auto [result, head] = parse(bytes += "\r\n", arena);
    EXPECT_EQ(head.fields.size(), 100000U);
    EXPECT_LT(arena.used(), 40000000U);
}

TEST(Elements, AreSeparatedByCommasOutsideQuotes) {
    const std::pair<std::string_view, std::vector<std::string_view>> cases[] = {
        {"", {}},
        {" , ,, ", {}},
        {"a", {"a"}},
        {" a , b\t,c ", {"a", "b", "c"}},
        {"a; x=\"1,2\", b", {"a; x=\"1,2\"", "b"}},
        {"a; x=\"\\\",\", b", {"a; x=\"\\\",\"", "b"}},
        {"a, \"never closed, b", {"a", "\"never closed, b"}},
        {"a, \"ends in a backslash\\", {"a", "\"ends in a backslash\\"}},
        {"back\\,slash outside quotes", {"back\\", "slash outside quotes"}},
        {"folded,\r\n value", {"folded", "value"}},
    };
    for (const auto& [list, expected] : cases) {
        std::vector<std::string_view> seen;
        for_each_element(list, [&](std::string_view element) { seen.push_back(element); });
        EXPECT_EQ(seen, expected) << list;
    }
}

TEST(Elements, AreFoundInAnyCaseButOnlyWhole) {
    EXPECT_TRUE(list_contains("keep-alive, Upgrade", "upgrade"));
    EXPECT_TRUE(list_contains("WEBSOCKET", "websocket"));
    EXPECT_FALSE(list_contains("websocket2", "websocket"));
    EXPECT_FALSE(list_contains("my-websocket", "websocket"));
    EXPECT_FALSE(list_contains("", "websocket"));
}

TEST(Text, IsTrimmedAndComparedInAsciiOnly) {
    EXPECT_EQ(trim(" \t\r\n x y \r\n"), "x y");
    EXPECT_EQ(trim("   "), "");
    EXPECT_EQ(trim(""), "");
    EXPECT_TRUE(equal_ignoring_case("AbZ", "aBz"));
    EXPECT_FALSE(equal_ignoring_case("ab", "abc"));
    EXPECT_FALSE(equal_ignoring_case("@[", "`{")) << "only letters have a case";
}

TEST(HttpHead, FindsFieldsByNameAndTokensInTheirLists) {
    TestArena arena;
    const auto head = parse("GET / HTTP/1.1\r\nUpgrade: h2c\r\nhost: a\r\nupgrade: foo, WebSocket\r\n\r\n", arena).head;
    EXPECT_EQ(head.value("Host"), "a");
    EXPECT_EQ(head.value("Origin"), "");
    EXPECT_TRUE(head.has_token("Upgrade", "websocket")) << "not in the first of that name";
    EXPECT_FALSE(head.has_token("Upgrade", "socket"));
    EXPECT_FALSE(head.has_token("Connection", "upgrade"));
}

// RFC 9112 6.3, rule by rule.
TEST(HttpHead, TellsTheBodyThatFollows) {
    using enum HttpBody::Kind;
    constexpr auto post = "POST / HTTP/1.1"sv, ok = "HTTP/1.1 200 OK"sv;
    const struct {
        std::string_view start_line, fields;
        HttpBody::Kind kind;
        std::uint64_t size;
    } cases[] = {
        {"HTTP/1.1 101 Switching Protocols", "Content-Length: 5\r\n", sized, 0},
        {"HTTP/1.1 204 No Content", "Content-Length: 5\r\n", sized, 0},
        {"HTTP/1.1 304 Not Modified", "Content-Length: 5\r\n", sized, 0},
        {post, "Content-Length: 5\r\nTransfer-Encoding: gzip, Chunked\r\n", chunked, 0},
        {ok, "Transfer-Encoding: gzip\r\n", unknown, 0},
        {post, "Content-Length: 5\r\n", sized, 5},
        {ok, "content-length:5\r\n", sized, 5},
        {ok, "Content-Length: 0\r\n", sized, 0},
        {post, "Content-Length: 5, 5\r\nContent-Length: 5\r\n", sized, 5},
        {post, "Content-Length: 5, 6\r\n", unknown, 0},
        {post, "Content-Length: 5\r\nContent-Length: 6\r\n", unknown, 0},
        {post, "Content-Length: 5 bytes\r\n", unknown, 0},
        {post, "Content-Length: -5\r\n", unknown, 0},
        {post, "Content-Length: +5\r\n", unknown, 0},
        {post, "Content-Length: 1099511627776\r\n", sized, largest_body},
        {post, "Content-Length: 1099511627777\r\n", unknown, 0},
        {post, "Content-Length: 18446744073709551617\r\n", unknown, 0},
        {post, "", sized, 0},
        {ok, "", unknown, 0},
    };
    for (const auto& [start_line, fields, kind, size] : cases) {
        TestArena arena;
        const auto text = std::string(start_line) + "\r\n" + std::string(fields) + "\r\n";
        const auto [result, head] = parse(text, arena);
        ASSERT_EQ(result, HeadResult::complete);
        EXPECT_EQ(body_of(head).kind, kind) << text;
        EXPECT_EQ(body_of(head).size, size) << text;
    }
}

TEST(HttpHead, HasAMethodThatIsNoLongerWholeThanInPieces) {
    for (const std::size_t length : {1, 32, 33}) {
        const auto whole = std::string(length, 'M') + " / HTTP/1.1\r\n\r\n";
        for (std::size_t size = 1; size <= whole.size(); ++size) {
            TestArena arena;
            HttpHead head;
            const auto expected = length > 32 && size > 32 ? HeadResult::not_http
                                  : size < whole.size()    ? HeadResult::incomplete
                                                           : HeadResult::complete;
            EXPECT_EQ(parse_http_head(whole.substr(0, size), arena, head), expected) << length << ", " << size;
        }
    }
}

TEST(HttpHead, KnowsTheCharactersOfTokens) {
    // RFC 9110 5.6.2: every visible character but the delimiters.
    for (int c = 0; c < 256; ++c)
        EXPECT_EQ(is_token_char(static_cast<char>(c)), c > ' ' && c < 127 && !std::strchr("\"(),/:;<=>?@[\\]{}", c)) << c;
}

} // namespace
} // namespace ws::test
