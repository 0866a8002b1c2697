// SPDX-License-Identifier: GPL-2.0-or-later
#include "json.hpp"
#include "test_arena.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ws {
namespace {

using namespace std::string_view_literals;
using test::TestArena;

JsonValue read(std::string_view text, TestArena& memory) {
    return read_json(text, memory);
}

TEST(Json, WhatIsJson) {
    TestArena memory;
    for (const char* text :
         {"{}", "[]", " [ ] ", "\t{\r\n}", "[[[]],{}]", "[1,-0,0.5,1e5,1E+5,-1.25e-7,1e999,123456789012345678901234567890]",
          "[true,false,null]", "{\"\":\"\"}", "{\"a\":1,\"a\":{\"b\":[]}}",
          "[\"\\u00e9\\ud83d\\ude00\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "[\"\xc3\xa9\"]", "[\"\\ud800\"]", "[\"\\ude00 alone\"]"})
        EXPECT_TRUE(read(text, memory)) << text;
}

TEST(Json, WhatIsNone) {
    TestArena memory;
    for (const char* text : {"",
                             " ",
                             "1",
                             "\"text\"",
                             "null",
                             "{",
                             "[",
                             "[}",
                             "{]",
                             "]",
                             "[1,]",
                             "[,1]",
                             "[1 2]",
                             "{\"a\"}",
                             "{\"a\":}",
                             "{\"a\":1,}",
                             "{\"a\":1 \"b\":2}",
                             "{a:1}",
                             "{1:2}",
                             "[01]",
                             "[+1]",
                             "[1.]",
                             "[.5]",
                             "[1e]",
                             "[-]",
                             "[1e+]",
                             "[0x10]",
                             "[NaN]",
                             "[truex]",
                             "[tru]",
                             "[True]",
                             "[nul]",
                             "['a']",
                             "[\"a]",
                             "[\"\\x\"]",
                             "[\"\\u12\"]",
                             "[\"\\u12g4\"]",
                             "[\"a\nb\"]",
                             "[] []",
                             "{}x",
                             "[]]",
                             "[\"\xff\"]",
                             "[1]\xc2\xa0",
                             "[\"a\"\"b\"]",
                             "{\"a\":1:2}",
                             "[\"a\":1]",
                             "[1,\"a\":[,e}2]",
                             "{\"a\",\"b\":1}",
                             "[1:2]",
                             "{\"a\":1,,\"b\":2}",
                             "[[],,[]]",
                             "{\"a\"::1}",
                             "[:1]",
                             "{,}",
                             "{:}",
                             "[:]",
                             "[\"a\",:1]",
                             "{\"\\x\":1}",
                             "[\"\\ud800\\x\"]",
                             "[1\v2]"})
        EXPECT_FALSE(read(text, memory)) << text;
    EXPECT_FALSE(read("[\"a\0b\"]"sv, memory));
    EXPECT_FALSE(read("[1\0]"sv, memory));
}

TEST(Json, BoundsAreKept) {
    TestArena memory;
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_TRUE(read(nested(201), memory));
    EXPECT_FALSE(read(nested(202), memory));
    EXPECT_FALSE(read(nested(100000), memory));
    EXPECT_FALSE(read(std::string(1000000, '['), memory));
    const auto numbers = [](std::size_t count) {
        std::string text = "[1";
        for (std::size_t i = 1; i < count; ++i)
            text += ",1";
        return text + "]";
    };
    EXPECT_TRUE(read(numbers(249999), memory));
    EXPECT_FALSE(read(numbers(250000), memory));
    EXPECT_TRUE(read("[\"" + std::string((16U << 20U) - 4, 'x') + "\"]", memory));
    EXPECT_FALSE(read("[\"" + std::string((16U << 20U) - 3, 'x') + "\"]", memory));
}

TEST(Json, ValuesAreFound) {
    TestArena memory;
    const auto value =
        read(" { \"id\" : 7 , \"a\\tb\" : { \"deep\" : \"x\\u00e9\" } , \"id\" : \"seven\" , \"n\": -1.5e1 , \"huge\": 1e999 } ",
             memory);
    ASSERT_TRUE(value);
    EXPECT_EQ(value["id"].string(), "seven");
    EXPECT_EQ(value["a\tb"]["deep"].string(), "x\xc3\xa9");
    EXPECT_EQ(value["n"].number(), -15);
    EXPECT_FALSE(value["huge"].number() || value["id"].number() || value["none"].number());
    EXPECT_FALSE(value["none"] || value["id"]["x"] || value["none"]["more"]);
    EXPECT_EQ(value["n"].string(), "");
    EXPECT_EQ(read("{\"a\":\"\\ud800!\"}", memory)["a"].string(), "\\ud800!");
}

/// Each token is where it stands in the text.
TEST(Json, TokensHaveTheirPlace) {
    TestArena memory;
    const std::string text = " {\"a\": [1, [ [ ] ], \"b\\\"\" ] , \"c\\\\\":{ } ,\"d\":false}\n";
    const auto value = read(text, memory);
    ASSERT_TRUE(value);
    const char* expected[] = {"{\"a\": [1, [ [ ] ], \"b\\\"\" ] , \"c\\\\\":{ } ,\"d\":false}",
                              "\"a\"",
                              "[1, [ [ ] ], \"b\\\"\" ]",
                              "1",
                              "[ [ ] ]",
                              "[ ]",
                              "\"b\\\"\"",
                              "\"c\\\\\"",
                              "{ }",
                              "\"d\"",
                              "false"};
    const std::uint32_t next[] = {11, 7, 7, 4, 6, 6, 7, 9, 9, 11, 11};
    for (std::uint32_t i = 0; i < 11; ++i) {
        const auto& token = JsonValue(&value.token(), i).token();
        EXPECT_EQ(text.substr(token.begin, token.end - token.begin), expected[i]) << i;
        EXPECT_EQ(token.next, next[i]) << i;
    }
}

TEST(Json, ElementsAndNumbers) {
    TestArena memory;
    const Arena& arena = memory;
    const auto json = read_json(R"([2,"a",{"b":[7]},-3,2.5,9223372036854775808,[]])", arena);
    EXPECT_EQ(json.size(), 7U);
    EXPECT_EQ(json.at(0).integer(), 2);
    EXPECT_EQ(json.at(1).scalar(), "a");
    EXPECT_EQ(json.at(2)["b"].at(0).integer(), 7);
    EXPECT_EQ(json.at(2).size(), 1U);
    EXPECT_EQ(json.at(3).integer(), -3);
    EXPECT_FALSE(json.at(4).integer());
    EXPECT_EQ(json.at(4).scalar(), "2.5");
    EXPECT_FALSE(json.at(5).integer());
    EXPECT_FALSE(json.at(6).first());
    EXPECT_FALSE(json.at(7));
    EXPECT_FALSE(json.at(0).at(0));
    EXPECT_EQ(json.at(1).size(), 0U);
    std::uint32_t count = 0;
    for (auto one = json.first(); one; one = one.next_in(json))
        ++count;
    EXPECT_EQ(count, 7U);
}

} // namespace
} // namespace ws
