// SPDX-License-Identifier: GPL-2.0-or-later
#include "message_trail.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

MessageTrail trail_of(const std::vector<std::string>& texts, std::uint32_t packet, std::uint8_t opcode = opcode::text) {
    MessageTrail trail;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        Message message;
        message.opcode = opcode;
        message.data = as_bytes(texts[i]);
        EXPECT_EQ(trail.add(message, packet++), i + 1 == MessageTrail::length);
    }
    return trail;
}

TEST(MessageTrail, IsTheSameForTheSameMessagesInOrder) {
    const auto one = trail_of({"a", "b", "c"}, 4);
    EXPECT_EQ(one.key(), trail_of({"a", "b", "c"}, 90).key());
    EXPECT_NE(one.key(), trail_of({"a", "c", "b"}, 4).key());
    EXPECT_NE(one.key(), trail_of({"ab", "", "c"}, 4).key());
    EXPECT_NE(one.key(), trail_of({"a", "b", "c"}, 4, opcode::binary).key());
    const std::string beginning(1000, 'x');
    EXPECT_NE(trail_of({"a", "b", beginning}, 4).key(), trail_of({"a", "b", beginning + "x"}, 4).key());
}

TEST(MessageTrail, ComesBeforeAnother) {
    const auto first = trail_of({"a", "b", "c"}, 4), later = trail_of({"a", "b", "c"}, 5);
    EXPECT_TRUE(first.comes_before(later));
    EXPECT_TRUE(first.comes_before(first)); // both in one packet
    EXPECT_FALSE(later.comes_before(first));
}

} // namespace
} // namespace ws::test
