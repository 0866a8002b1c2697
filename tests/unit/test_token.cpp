// SPDX-License-Identifier: GPL-2.0-or-later
#include "token.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace ws {
namespace {

constexpr const char* header = "eyJhbGciOiJub25lIn0"; // {"alg":"none"}
constexpr const char* payload = "eyJleHAiOjE2fQ";     // {"exp":16}

std::vector<std::string> tokens(std::string_view text) {
    std::vector<std::string> out;
    std::string found;
    for (std::size_t at = 0; next_token(text, at, found);)
        out.push_back(found);
    return out;
}

std::string jwt() {
    return std::string(header) + "." + payload + ".c2ln";
}

TEST(Token, IsDecoded) {
    EXPECT_EQ(tokens(jwt()), std::vector<std::string>{"{\"exp\":16}"});
}

TEST(Token, IsFoundAmongOtherText) {
    EXPECT_EQ(tokens("Bearer " + jwt()).size(), 1U);
    EXPECT_EQ(tokens("a=1; t=" + jwt() + "; b=2").size(), 1U);
    EXPECT_EQ(tokens("?x&access_token=" + jwt() + "&y").size(), 1U);
    EXPECT_EQ(tokens(jwt() + "," + jwt()).size(), 2U);
}

TEST(Token, MayHaveAnEmptySignature) {
    EXPECT_EQ(tokens(std::string(header) + "." + payload + ".").size(), 1U);
}

TEST(Token, UsesTheUrlAlphabet) {
    // {"a":"???>>>"} has characters 62 and 63.
    EXPECT_EQ(tokens(std::string(header) + ".eyJhIjoiPz8_Pj4-In0.x"), std::vector<std::string>{"{\"a\":\"??"
                                                                                               "?>>>\"}"});
}

TEST(Token, OtherDottedTextIsNone) {
    EXPECT_TRUE(tokens("").empty());
    EXPECT_TRUE(tokens("www.example.com").empty());
    EXPECT_TRUE(tokens(std::string(header) + "." + payload).empty()) << "two parts";
    EXPECT_TRUE(tokens(std::string(header) + ".." + payload + ".x").empty());
    EXPECT_TRUE(tokens("1.2.3").empty());
    EXPECT_TRUE(tokens("....").empty());
}

TEST(Token, BeginsInTheMiddleOfDottedText) {
    EXPECT_EQ(tokens("prefix." + jwt()).size(), 1U);
    EXPECT_EQ(tokens(std::string(header) + "." + jwt()).size(), 1U);
}

TEST(Token, TooLongIsNotDecoded) {
    const std::string long_payload = "eyJ" + std::string(longest_token_payload, 'A');
    EXPECT_TRUE(tokens(std::string(header) + "." + long_payload + ".x").empty());
}

TEST(Token, WhereItIsAndHowMany) {
    const std::string text = "GET /c?t=" + jwt() + " HTTP/1.1\r\nAuthorization: Bearer " + jwt() + "\r\ncookie: a=" + jwt() +
                             "\r\nSec-WebSocket-Protocol: jwt, " + jwt() + "\r\nX-Other: " + jwt() + "\r\n\r\n";
    std::vector<std::unique_ptr<char[]>> blocks;
    const Arena arena(
        [](void* context, std::size_t size) -> void* {
            auto& to = *static_cast<std::vector<std::unique_ptr<char[]>>*>(context);
            return to.emplace_back(new char[size + 1]).get();
        },
        &blocks);
    HttpHead head;
    ASSERT_EQ(parse_http_head(text, arena, head), HeadResult::complete);
    std::vector<std::string> where;
    for_each_token(head, [&](const Token& token) { where.emplace_back(token.where); });
    EXPECT_EQ(where, (std::vector<std::string>{"the query", "Authorization", "a cookie", "Sec-WebSocket-Protocol"}));

    std::string many = "GET / HTTP/1.1\r\nCookie: ";
    for (int i = 0; i < 1000; ++i)
        many += "a=" + jwt() + ";";
    many += "\r\n\r\n";
    ASSERT_EQ(parse_http_head(many, arena, head), HeadResult::complete);
    std::size_t count = 0;
    for_each_token(head, [&](const Token&) { ++count; });
    EXPECT_EQ(count, most_tokens);
}

TEST(Token, TakesLinearTime) {
    for (const std::string piece : {"eyJ.", "eyJ.eyJ.", ".", "eyJ", "a.eyJ"}) {
        std::string text;
        while (text.size() < 4'000'000)
            text += piece;
        std::size_t at = 0;
        std::string found;
        const auto begin = std::chrono::steady_clock::now();
        while (next_token(text, at, found)) {
        }
        EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10)) << piece;
    }
}

} // namespace
} // namespace ws
