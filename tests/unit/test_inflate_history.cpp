// SPDX-License-Identifier: GPL-2.0-or-later
#include "inflate_history.hpp"

#include "support.hpp"

#include <gtest/gtest.h>

#include <malloc.h>

namespace ws::test {
namespace {

constexpr std::size_t no_limit = std::size_t{1} << 24;

/// A history, and what it said the first time.
class Visits {
  public:
    explicit Visits(bool takeover = true, std::size_t limit = no_limit, std::uint8_t bits = 15, bool complete = true)
        : history(bits, takeover, limit, complete) {}

    /// The output, or the result in words.
    std::string next(const std::string& in) {
        InflatedBytes out;
        const auto result = history.next(as_bytes(in), true, out);
        inputs_.push_back(in);
        said_.push_back(words(result, out));
        return said_.back();
    }
    std::string again(std::uint32_t i) {
        InflatedBytes out;
        const auto result = history.again(i, as_bytes(inputs_[i]), out);
        return words(result, out);
    }
    void expect_the_same_in_any_order() {
        const auto count = static_cast<std::uint32_t>(said_.size());
        ASSERT_EQ(history.count(), count);
        std::vector<std::uint32_t> order;
        for (std::uint32_t i = 0; i < count; ++i)
            order.push_back(i);
        for (std::uint32_t i = count; i-- > 0;)
            order.push_back(i);
        std::mt19937 random(7);
        for (std::uint32_t i = 0; i < count; ++i)
            order.push_back(static_cast<std::uint32_t>(random() % count));
        for (const auto i : order)
            ASSERT_EQ(again(i), said_[i]) << "message " << i;
    }

    InflateHistory history;

  private:
    static std::string words(Inflated result, const InflatedBytes& out) {
        constexpr const char* names[] = {"", "<limit>", "<no_context>", "<failed>", "<window_exceeded>"};
        return names[static_cast<std::size_t>(result)] + str(out);
    }
    std::vector<std::string> inputs_;
    std::vector<std::string> said_;
};

TEST(InflateHistory, TellsEveryMessageAgainInAnyOrder) {
    for (const bool takeover : {true, false}) {
        Deflater deflater;
        Visits visits(takeover);
        for (unsigned i = 0; i < 300; ++i) {
            const auto text = i % 10 == 9 ? noise(20000, i) : prose(50 + i * 37, i / 3); // some MB: several snapshots
            if (!takeover)
                deflater.forget();
            ASSERT_EQ(visits.next(i % 7 == 6 ? deflater.final_message(text) : deflater.message(text)), text) << i;
        }
        ASSERT_NO_FATAL_FAILURE(visits.expect_the_same_in_any_order());
    }
}

TEST(InflateHistory, TellsFailuresAgainAndWhatFollowsThem) {
    Deflater deflater;
    Visits visits;
    const auto say = [&](const std::string& text) { return visits.next(deflater.message(text)); };
    EXPECT_EQ(say("one two three"), "one two three");
    EXPECT_EQ(visits.next("\x06"), "<failed>");
    EXPECT_EQ(say("one two three"), "<no_context>");
    EXPECT_EQ(visits.next(""), "");
    deflater.forget();
    EXPECT_EQ(say("one two three"), "one two three");
    EXPECT_EQ(say("one two three four"), "one two three four");
    visits.history.lose_context();
    EXPECT_EQ(say("one two three four"), "<no_context>");
    deflater.forget();
    EXPECT_EQ(say("five six seven"), "five six seven");
    EXPECT_EQ(say("five six seven"), "five six seven");
    visits.expect_the_same_in_any_order();
}

TEST(InflateHistory, TellsLimitsAgainAndWhatFollowsThem) {
    Deflater deflater;
    Visits visits(true, 2000);
    for (unsigned i = 0; i < 30; ++i) {
        const auto text = prose(i % 5 == 4 ? 2001 + i * 100 : 400 + i, i / 2);
        ASSERT_EQ(visits.next(deflater.message(text)), text.size() > 2000 ? "<limit>" : text) << i;
    }
    visits.expect_the_same_in_any_order();
}

TEST(InflateHistory, TellsAgainThatTheWindowWasExceeded) {
    Visits visits(true, no_limit, 8);
    const auto past = noise(600);
    EXPECT_EQ(visits.next(FixedBlock().literals(past).message()), past);
    EXPECT_EQ(visits.next(FixedBlock().match(4, 600).message()), "<window_exceeded>" + past.substr(0, 4));
    EXPECT_EQ(visits.next(FixedBlock().match(4, 256).message()), (past + past.substr(0, 4)).substr(348, 4));
    visits.expect_the_same_in_any_order();
}

TEST(InflateHistory, BeginsWithoutContextWhereTheBeginningWasNotSeen) {
    Deflater deflater;
    deflater.message("before the capture");
    Visits visits(true, no_limit, 15, false);
    EXPECT_EQ(visits.next(deflater.message("before the capture")), "<no_context>");
    visits.expect_the_same_in_any_order();
}

TEST(InflateHistory, AWindowIsNeverLackedWithoutTakeover) {
    Deflater deflater;
    Visits visits(false);
    visits.history.lose_context();
    EXPECT_EQ(visits.next(deflater.message("whole by itself")), "whole by itself");
    EXPECT_EQ(visits.next(deflater.message("whole by itself")), "<failed>") << "refers back where that was given up";
    visits.expect_the_same_in_any_order();
}

TEST(InflateHistory, KeepsLittleOfMessagesThatFail) {
    Visits visits;
    const auto before = mallinfo2().uordblks + mallinfo2().hblkhd;
    for (int i = 0; i < 2000; ++i) {
        Deflater deflater;
        EXPECT_EQ(visits.next(i % 2 ? deflater.message("a text") : "\xff\xff"), i % 2 ? "a text" : "<failed>");
    }
    visits.expect_the_same_in_any_order();
    EXPECT_LT(mallinfo2().uordblks + mallinfo2().hblkhd - before, std::size_t{2'000'000}) << "no window of 32 kB for each";
}

TEST(InflateHistory, KnowsNothingOfMessagesThatNeverCame) {
    Visits visits;
    visits.next("");
    InflatedBytes out;
    EXPECT_EQ(visits.history.again(1, {}, out), Inflated::no_context);
    EXPECT_TRUE(out.empty());
}

} // namespace
} // namespace ws::test
