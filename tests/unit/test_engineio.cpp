// SPDX-License-Identifier: GPL-2.0-or-later
#include "subprotocols/engineio.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ws {
namespace {

/// The examples of the protocol's own page, and what surrounds them.
TEST(SocketIo, PacketsOfTheSpecification) {
    struct Row {
        const char* text;
        unsigned type, attachments;
        const char *name_space, *ack_id, *event, *json;
    };
    const Row rows[] = {
        {"0", 0, 0, "", "", "", ""},
        {"0{\"token\":\"123\"}", 0, 0, "", "", "", "{\"token\":\"123\"}"},
        {"0/admin,{\"sid\":\"a\"}", 0, 0, "/admin", "", "", "{\"sid\":\"a\"}"},
        {"0/admin", 0, 0, "/admin", "", "", ""},
        {"0/admin?token=1,", 0, 0, "/admin?token=1", "", "", ""},
        {"1/admin,", 1, 0, "/admin", "", "", ""},
        {"4{\"message\":\"Not authorized\"}", 4, 0, "", "", "", "{\"message\":\"Not authorized\"}"},
        {"4\"old\"", 4, 0, "", "", "", "\"old\""},
        {"2[\"foo\"]", 2, 0, "", "", "foo", "[\"foo\"]"},
        {"2/admin,[\"bar\"]", 2, 0, "/admin", "", "bar", "[\"bar\"]"},
        {"212[\"foo\"]", 2, 0, "", "12", "foo", "[\"foo\"]"},
        {"2/admin,13[ \"hello\",1]", 2, 0, "/admin", "13", "hello", "[ \"hello\",1]"},
        {"3/admin,13[\"bar\"]", 3, 0, "/admin", "13", "", "[\"bar\"]"},
        {"51-[\"baz\",{\"_placeholder\":true,\"num\":0}]", 5, 1, "", "", "baz", "[\"baz\",{\"_placeholder\":true,\"num\":0}]"},
        {"52-/admin,7[\"baz\"]", 5, 2, "/admin", "7", "baz", "[\"baz\"]"},
        {"61-15[\"bar\"]", 6, 1, "", "15", "", "[\"bar\"]"},
        {"2[\"a\\\"b\\\\\",1]", 2, 0, "", "", "a\\\"b\\\\", "[\"a\\\"b\\\\\",1]"},
        {"2[1]", 2, 0, "", "", "", "[1]"},
        {"2[\"never ends", 2, 0, "", "", "", "[\"never ends"},
        {"2[\"never\\", 2, 0, "", "", "", "[\"never\\"},
        {"2[", 2, 0, "", "", "", "["},
    };
    for (const auto& row : rows) {
        const std::string_view text = row.text;
        const auto packet = parse_socketio(text);
        ASSERT_TRUE(packet) << text;
        EXPECT_EQ(packet->type, row.type) << text;
        EXPECT_EQ(packet->attachments, row.attachments) << text;
        EXPECT_EQ(packet->name_space, row.name_space) << text;
        EXPECT_EQ(packet->ack_id, row.ack_id) << text;
        EXPECT_EQ(packet->event, row.event) << text;
        EXPECT_EQ(packet->json, row.json) << text;
        EXPECT_TRUE(text.ends_with(packet->json)) << text;
    }
}

TEST(SocketIo, WhatIsNone) {
    for (const std::string_view text : {"", "7", "hello", "-1", "2hello", "5[\"no count\"]", "51[\"no dash\"]", "5-[]",
                                        "5999999999999-[]", "2123456789012345678901[]", "2,[]", "2 []"})
        EXPECT_FALSE(parse_socketio(text)) << text;
}

TEST(EngineIo, OneDigitAndData) {
    for (unsigned type = 0; type < 7; ++type) {
        const auto text = std::to_string(type) + "probe";
        const auto packet = parse_engineio(text);
        ASSERT_TRUE(packet);
        EXPECT_EQ(packet->type, type);
        EXPECT_EQ(packet->data, "probe");
    }
    for (const std::string_view text : {"", "7", "9", "b4", "{", "\x04"})
        EXPECT_FALSE(parse_engineio(text)) << text;
}

} // namespace
} // namespace ws
