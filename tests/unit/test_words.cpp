// SPDX-License-Identifier: GPL-2.0-or-later
#include "words.hpp"

#include <gtest/gtest.h>

namespace ws {
namespace {

Frame control(std::uint8_t code, std::string_view payload) {
    Frame frame;
    frame.header.opcode = code;
    frame.payload = as_bytes(payload);
    return frame;
}

TEST(Words, TextIsQuotedOnOneLine) {
    EXPECT_EQ(in_quotes("two\r\nlines"), "\"two\\x0d\\x0alines\"");
    EXPECT_EQ(in_quotes("\x1b[31mred"), "\"\\x1b[31mred\"");
    EXPECT_EQ(in_quotes("a\xc2\x9b"
                        "b"),
              "\"a\\xc2\\x9b"
              "b\""); // CSI in one character
    EXPECT_EQ(in_quotes("na\xc3\xafve \xe2\x82\xac \xf0\x9f\x98\x80"), "\"na\xc3\xafve \xe2\x82\xac \xf0\x9f\x98\x80\"");
    EXPECT_EQ(in_quotes("\xe2\x80\xae"
                        "abc"),
              "\"\\xe2\\x80\\xae"
              "abc\""); // right-to-left override
    EXPECT_EQ(in_quotes("\xff\xc3"), "\"\\xff\\xc3\"");
    EXPECT_EQ(in_quotes(std::string_view("\0", 1)), "\"\\x00\"");
    EXPECT_EQ(in_quotes(""), "\"\"");
}

TEST(Words, TooMuchTextIsCut) {
    const auto words = in_quotes(std::string(1000000, 'x'));
    EXPECT_LT(words.size(), 140U);
    EXPECT_TRUE(words.ends_with("x\xe2\x80\xa6\""));
}

TEST(Words, DataIsTextOrBytes) {
    EXPECT_EQ(words_of_data({}), "");
    EXPECT_EQ(words_of_data(as_bytes("tick")), "\"tick\"");
    EXPECT_EQ(words_of_data(as_bytes("\x01\xfe")), "01fe");
    EXPECT_EQ(words_of_data(as_bytes(std::string(17, '\x01'))), "01010101010101010101010101010101\xe2\x80\xa6");
}

TEST(Words, WhatOfAMessageIsReadable) {
    const auto readable = [](std::uint8_t opcode, std::string_view data, bool text, bool opaque = false) {
        Message message;
        message.opcode = opcode;
        message.data = as_bytes(data);
        message.text = text;
        message.opaque = opaque;
        return as_text(readable_part(message, 4));
    };
    EXPECT_EQ(readable(opcode::text, "one\x01", true), "one\x01");
    EXPECT_EQ(readable(opcode::text, "one\xff two", false), "one");
    EXPECT_EQ(readable(opcode::text, "one\xff two", false, true), "") << "an extension may have changed it";
    EXPECT_EQ(readable(opcode::binary, "text", false), "text");
    EXPECT_EQ(readable(opcode::binary, "te\x01t", false), "");
    EXPECT_EQ(readable(opcode::binary, "text\x01", false), "text\x01") << "only its beginning is looked at";
}

TEST(Words, OfControlFrames) {
    EXPECT_EQ(words_of_control(control(opcode::close, "")), "Close");
    EXPECT_EQ(words_of_control(control(opcode::close, "\x03\xe8")), "Close 1000 Normal Closure");
    EXPECT_EQ(words_of_control(control(opcode::close, "\x03\xf3"
                                                      "db pool exhausted")),
              "Close 1011 Internal Error \"db pool exhausted\"");
    EXPECT_EQ(words_of_control(control(opcode::ping, "tick")), "Ping \"tick\"");
    EXPECT_EQ(words_of_control(control(opcode::ping, "")), "Ping");
    EXPECT_EQ(words_of_control(control(11, "x")), "Reserved opcode 11 \"x\"");
    auto pong = control(opcode::pong, "tick");
    EXPECT_EQ(words_of_control(pong), "Pong \"tick\""); // nobody asked
    pong.ping_in = 1;
    pong.round_trip = 1234567;
    EXPECT_EQ(words_of_control(pong), "Pong 1.2 ms");
    pong.round_trip = 30000;
    EXPECT_EQ(words_of_control(pong), "Pong 0.030 ms");
    pong.round_trip = 3400000000;
    EXPECT_EQ(words_of_control(pong), "Pong 3.4 s");
}

TEST(Words, WhatTurnsTextRoundIsNotPrinted) {
    for (const auto* text : {"\xe2\x80\xa8", "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9", "\xc2\x80", "\xc2\x9f", "\x7f",
                             "\x1f", "\xc3", "\xf0\x9f"})
        EXPECT_FALSE(is_printable(as_bytes(std::string_view(text)))) << text;
    for (const auto* text : {"\xe2\x80\xa7", "\xe2\x80\xaf", "\xe2\x81\xa5", "\xe2\x81\xaa", "\xe2\x82\xac", "\xc2\xa0", "~", " ",
                             "\xf0\x9f\x98\x80", ""})
        EXPECT_TRUE(is_printable(as_bytes(std::string_view(text)))) << text;
}

TEST(Words, ABeginningEndsWithACharacter) {
    const auto text = as_bytes(std::string_view("a\xe2\x82\xac"));
    EXPECT_EQ(beginning_of_text(text, 9), 4U);
    EXPECT_EQ(beginning_of_text(text, 4), 4U);
    EXPECT_EQ(beginning_of_text(text, 3), 1U);
    EXPECT_EQ(beginning_of_text(text, 1), 1U);
    EXPECT_EQ(beginning_of_text(text, 0), 0U);
    EXPECT_EQ(beginning_of_text(text.subspan(2), 1), 0U) << "nothing of it is whole";
}

} // namespace
} // namespace ws
