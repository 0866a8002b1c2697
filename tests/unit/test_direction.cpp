// SPDX-License-Identifier: GPL-2.0-or-later
#include "direction.hpp"

#include "decoding.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

TEST(Direction, DecodesTheExamplesOfRfc6455) {
    const auto s = decoded(server, "\x81\x05Hello"
                                   "\x01\x03Hel"
                                   "\x80\x02lo"
                                   "\x89\x05Hello"s +
                                       "\x82\x7e\x01\x00"s + std::string(256, 'b') + "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s +
                                       std::string(65536, 'c'));
    EXPECT_EQ(s.texts(server), (Texts{"Hello", "Hello", std::string(256, 'b'), std::string(65536, 'c')}));
    EXPECT_EQ(s.violations(server), Texts(6));

    const auto c = decoded(client, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    EXPECT_EQ(c.texts(client), Texts{"Hello"});
    EXPECT_EQ(str(c.frames(client)[1]->payload), "Hello");
    EXPECT_EQ(c.violations(client), Texts(2));
}

TEST(Direction, NumbersFramesFrom0AndMessagesFrom1) {
    const auto s = decoded(server, joined(server, {{.payload = "a"},
                                                   {.opcode = 9},
                                                   {.fin = false, .opcode = 2, .payload = "b"},
                                                   {.opcode = 10},
                                                   {.opcode = 0, .payload = "c"},
                                                   {.payload = "d"}}));
    std::vector<std::uint32_t> index, message;
    for (const auto* frame : s.frames(server)) {
        index.push_back(frame->index);
        message.push_back(frame->message);
    }
    EXPECT_EQ(index, (std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5}));
    EXPECT_EQ(message, (std::vector<std::uint32_t>{1, 0, 2, 0, 2, 3}));
    ASSERT_EQ(s.messages(server).size(), 3U);
    EXPECT_EQ(s.messages(server)[2]->number, 3U);
}

TEST(Direction, AllowsEmptyFramesAnywhere) {
    const WireFrame first{.fin = false}, middle{.fin = false, .opcode = 0}, last{.opcode = 0};
    const auto with = [](WireFrame f, const char* payload) {
        f.payload = payload;
        return f;
    };
    for (const auto direction : both_directions) {
        const auto s = decoded(direction, joined(direction, {{},
                                                             {.opcode = 2},
                                                             first,
                                                             last,
                                                             first,
                                                             with(last, "x"),
                                                             with(first, "x"),
                                                             middle,
                                                             last,
                                                             first,
                                                             with(middle, "x"),
                                                             last,
                                                             {.opcode = 9},
                                                             {.opcode = 10},
                                                             {.opcode = 8}}));
        EXPECT_EQ(s.texts(direction), (Texts{"", "", "", "x", "x", "x"}));
        EXPECT_EQ(s.violations(direction), Texts(s.frames(direction).size()));
        for (const auto* m : s.messages(direction))
            EXPECT_EQ(m->text, m->opcode == 1);
    }
}

TEST(Undecoded, HasTheNamesOfTheInterface) {
    const std::pair<Undecoded, std::string_view> cases[] = {{Undecoded::no, ""},
                                                            {Undecoded::gap, "gap"},
                                                            {Undecoded::truncated, "truncated"},
                                                            {Undecoded::no_context, "no_context"},
                                                            {Undecoded::limit, "limit"},
                                                            {Undecoded::resynchronised, "resynchronised"}};
    for (const auto& [reason, name] : cases)
        EXPECT_EQ(undecoded_name(reason), name);
}

} // namespace
} // namespace ws::test
