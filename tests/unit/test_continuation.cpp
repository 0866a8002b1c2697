// SPDX-License-Identifier: GPL-2.0-or-later
#include "continuation.hpp"
#include "test_arena.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>

namespace ws {
namespace {

using test::TestArena;

/// Messages of one direction, each in a packet of its own: 10, 20, …
class Messages {
  public:
    explicit Messages(bool keep = true) : keep_(keep) {}

    /// What is given to the protocol; "…" where it waits.
    std::string next(std::string_view message) {
        ++number_;
        const auto& kept = sent_.emplace_back(message); // as long as what is said of it
        const auto got = of.next(as_bytes(kept), number_, number_ * 10, keep_, arena_);
        data_ = got.value_or(Bytes{});
        return got ? std::string(as_text(*got)) : "…";
    }
    void leave(std::size_t from, const Awaited& awaited = {}) { of.leave(data_, from, awaited); }
    std::string again(std::string_view message, std::uint32_t number) const {
        const auto got = of.again(as_bytes(message), number, arena_);
        return got ? std::string(as_text(*got)) : "…";
    }

    Continuation of;

  private:
    TestArena memory_;
    std::deque<std::string> sent_;
    Arena arena_ = memory_;
    bool keep_;
    std::uint32_t number_ = 0;
    Bytes data_;
};

class EitherPass : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Continuation, EitherPass, testing::Bool());

TEST_P(EitherPass, AUnitOfKnownSizeIsGivenWhole) {
    Messages messages(GetParam());
    EXPECT_EQ(messages.next("one.ab"), "one.ab");
    messages.leave(4, {5, {}});
    EXPECT_EQ(messages.next("cd"), "…");
    EXPECT_EQ(messages.next("e.two"), "abcde.two");
    EXPECT_FALSE(messages.of.waits());
    EXPECT_EQ(messages.next("three"), "three");
}

TEST_P(EitherPass, AUnitMayEndWithAMarkThatIsCut) {
    Messages messages(GetParam());
    messages.next("PI");
    messages.leave(0, {0, "\r\n"});
    EXPECT_EQ(messages.next("NG"), "…");
    EXPECT_EQ(messages.next("\r"), "…");
    EXPECT_EQ(messages.next("\nPUB"), "PING\r\nPUB");
    messages.leave(6, {0, "\r\n"});
    EXPECT_EQ(messages.next(" a\r\n"), "PUB a\r\n");
}

TEST_P(EitherPass, OneOfUnknownSizeIsTriedWithEachMessage) {
    Messages messages(GetParam());
    messages.next("a");
    messages.leave(0);
    EXPECT_EQ(messages.next("b"), "ab");
    messages.leave(0);
    EXPECT_EQ(messages.next("c"), "abc");
    messages.leave(2); // the first two are a unit
    EXPECT_EQ(messages.next("d"), "cd");
    messages.leave(1);
    EXPECT_EQ(messages.next("e"), "de");
}

TEST_P(EitherPass, NothingIsPutBehindWhatALossFollows) {
    Messages messages(GetParam());
    messages.next("ab");
    messages.leave(0, {4, {}});
    messages.of.forget();
    EXPECT_FALSE(messages.of.waits());
    EXPECT_EQ(messages.next("cd"), "cd");
}

TEST_P(EitherPass, WhatIsTooLongIsNotPutTogether) {
    Messages messages(GetParam());
    messages.next("a");
    messages.leave(0, {Continuation::longest + 1, {}});
    EXPECT_FALSE(messages.of.waits());
    messages.next("a");
    messages.leave(0, {0, "\n"});
    const std::string megabyte(std::size_t{1} << 20, 'a');
    for (int i = 0; i < 15; ++i)
        EXPECT_EQ(messages.next(megabyte), "…");
    EXPECT_TRUE(messages.of.waits());
    EXPECT_EQ(messages.next(megabyte), "…");
    EXPECT_FALSE(messages.of.waits());
    EXPECT_EQ(messages.next("b"), "b");
}

/// A protocol that asks for one more byte each time would have all bytes copied for each.
TEST_P(EitherPass, WhoAlwaysWantsMoreIsNotFollowedForEver) {
    for (const Awaited& awaited : {Awaited{}, Awaited{0, "b"}, Awaited{1, {}}}) {
        Messages messages(GetParam());
        messages.next(std::string(Continuation::longest_tried, 'b'));
        messages.leave(0, awaited);
        std::uint32_t tries = 0;
        while (messages.of.waits() && tries < 1000) {
            messages.next("b");
            messages.leave(0, awaited);
            ++tries;
        }
        EXPECT_EQ(tries, Continuation::most_tries + 1);
        EXPECT_EQ(messages.next("c"), "c");
    }
}

TEST_P(EitherPass, OneOfUnknownSizeMayBeLong) {
    Messages messages(GetParam());
    const std::string part(Continuation::longest_tried + 1, 'a');
    messages.next(part);
    messages.leave(0);
    EXPECT_EQ(messages.next("b"), part + "b");
    messages.leave(part.size()); // which was a unit
    EXPECT_EQ(messages.next("c"), "bc");
}

TEST(Continuation, LaterVisitsGetTheSame) {
    Messages messages;
    messages.next("one.ab");
    messages.leave(4, {5, {}});
    messages.next("cd");
    messages.next("e.t");
    messages.leave(6);
    messages.next("wo");
    messages.leave(0);
    messages.next(".x");
    messages.of.forget();
    for (int visit = 0; visit < 2; ++visit) {
        EXPECT_EQ(messages.again(".x", 5), "two.x");
        EXPECT_EQ(messages.again("wo", 4), "two");
        EXPECT_EQ(messages.again("e.t", 3), "abcde.t");
        EXPECT_EQ(messages.again("cd", 2), "…");
        EXPECT_EQ(messages.again("one.ab", 1), "one.ab");
    }
    for (std::uint32_t number = 1; number <= 4; ++number)
        EXPECT_EQ(messages.of.goes_on_in(number), (number + 1) * 10);
    EXPECT_EQ(messages.of.goes_on_in(5), 0U);
    EXPECT_EQ(messages.of.goes_on_in(6), 0U);
}

} // namespace
} // namespace ws
