// SPDX-License-Identifier: GPL-2.0-or-later
#include "sequence_tracker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace ws::test {
namespace {

void expect_advance(SequenceTracker& tracker, std::uint32_t sequence, std::uint32_t length, std::uint32_t lost,
                    std::uint32_t repeated) {
    const auto compared = tracker.compare(sequence, length);
    const auto found = tracker.advance(sequence, length);
    EXPECT_EQ(found.lost, lost) << sequence << "+" << length;
    EXPECT_EQ(found.repeated, repeated) << sequence << "+" << length;
    EXPECT_EQ(compared.lost, lost);
    EXPECT_EQ(compared.repeated, repeated);
}

/// Near the places where the numbers, and their differences, change sign.
constexpr std::uint32_t begins[] = {0, 1000, 0x7fffffc0, 0xffffffc0, 0xffffffff};

TEST(SequenceTracker, FindsWhatIsNew) {
    for (const auto begin : begins) {
        SequenceTracker tracker;
        EXPECT_FALSE(tracker.next());
        EXPECT_FALSE(tracker.goes_on_with(begin, 100));
        expect_advance(tracker, begin, 10, 0, 0);
        EXPECT_EQ(tracker.next(), begin + 10);
        expect_advance(tracker, begin + 10, 5, 0, 0);
        expect_advance(tracker, begin + 10, 5, 0, 5); // once more
        expect_advance(tracker, begin + 12, 10, 0, 3);
        expect_advance(tracker, begin, 30, 0, 22);
        expect_advance(tracker, begin + 2, 3, 0, 3);
        EXPECT_EQ(tracker.next(), begin + 30);
        EXPECT_EQ(tracker.missing(), 0U);
        expect_advance(tracker, begin + 130, 10, 100, 0);
        EXPECT_EQ(tracker.next(), begin + 140);
        EXPECT_EQ(tracker.missing(), 100U);
        expect_advance(tracker, begin + 30, 40, 0, 40); // late
        EXPECT_EQ(tracker.missing(), 60U);
        expect_advance(tracker, begin + 70, 60, 0, 60);
        EXPECT_EQ(tracker.missing(), 0U);
        expect_advance(tracker, begin + 70, 60, 0, 60);
        EXPECT_EQ(tracker.missing(), 0U);
    }
}

TEST(SequenceTracker, CountsSegmentsWithoutBytes) {
    SequenceTracker tracker;
    expect_advance(tracker, 7, 0, 0, 0);
    EXPECT_EQ(tracker.next(), 7U);
    expect_advance(tracker, 6, 0, 0, 0); // a probe to keep alive
    EXPECT_EQ(tracker.next(), 7U);
    expect_advance(tracker, 17, 0, 10, 0); // its sender sent ten bytes before it
    EXPECT_EQ(tracker.next(), 17U);
    EXPECT_EQ(tracker.missing(), 10U);
}

TEST(SequenceTracker, TellsWhichSegmentGoesOn) {
    for (const auto begin : begins) {
        SequenceTracker tracker;
        tracker.advance(begin, 10);
        EXPECT_TRUE(tracker.goes_on_with(begin + 10, 1));
        EXPECT_TRUE(tracker.goes_on_with(begin, 11));
        EXPECT_FALSE(tracker.goes_on_with(begin, 10));
        EXPECT_FALSE(tracker.goes_on_with(begin + 11, 10));
        EXPECT_FALSE(tracker.goes_on_with(begin + 10, 0));
    }
}

TEST(SequenceTracker, IsToldWhereToGoOn) {
    SequenceTracker tracker;
    tracker.expect(500);
    expect_advance(tracker, 510, 10, 10, 0);
    tracker.expect(100);
    expect_advance(tracker, 90, 20, 0, 10);
    tracker.expect({});
    expect_advance(tracker, 4000, 1, 0, 0);
}

/// Against a set of the bytes that came.
TEST(SequenceTracker, AgreesWithACountOfBytes) {
    std::mt19937 random(9293);
    for (unsigned round = 0; round < 200; ++round) {
        SequenceTracker tracker;
        const std::uint32_t base = static_cast<std::uint32_t>(random());
        std::uint32_t reached = 0;
        tracker.advance(base, 0);
        for (unsigned i = 0; i < 50; ++i) {
            const std::uint32_t begin = reached + static_cast<std::uint32_t>(random() % 60) - std::min(reached, 30U);
            const std::uint32_t length = static_cast<std::uint32_t>(random() % 40);
            std::uint32_t lost = 0, repeated = 0;
            for (auto at = reached; at < begin; ++at)
                ++lost;
            for (auto at = begin; at < begin + length; ++at)
                repeated += at < reached;
            expect_advance(tracker, base + begin, length, lost, repeated);
            reached = std::max(reached, begin + length);
            ASSERT_EQ(tracker.next(), base + reached);
        }
    }
}

} // namespace
} // namespace ws::test
