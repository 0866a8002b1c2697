// SPDX-License-Identifier: GPL-2.0-or-later
#include "inflater.hpp"

#include "support.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace ws::test {
namespace {

constexpr std::size_t no_limit = std::size_t{1} << 24;

/// One direction's messages through one inflater.
class Stream {
  public:
    explicit Stream(std::uint8_t window_bits = 15, std::size_t limit = no_limit) : limit_(limit), inflater(window_bits) {}

    Inflated result(std::string_view in) {
        const std::vector<std::uint8_t> exact(in.begin(), in.end());
        return inflater.inflate(exact, limit_, out_);
    }
    /// The output, or the result in words.
    std::string operator()(std::string_view in) {
        constexpr const char* words[] = {"", "<limit>", "<no_context>", "<failed>", "<window_exceeded>"};
        const auto what = result(in);
        return words[static_cast<std::size_t>(what)] + str(out_);
    }

  private:
    std::size_t limit_;
    InflatedBytes out_;

  public:
    Inflater inflater;
};

TEST(Inflater, ReadsTheExamplesOfRfc7692) {
    Stream s;
    EXPECT_EQ(s("\xf2\x48\xcd\xc9\xc9\x07\x00"sv), "Hello") << "7.2.3.1";
    EXPECT_EQ(s("\xf2\x00\x11\x00\x00"sv), "Hello") << "7.2.3.2, refers to the one before";
    EXPECT_EQ(s("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"sv), "Hello") << "7.2.3.3, stored block";
    EXPECT_EQ(s("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"sv), "Hello") << "7.2.3.4, final block";
    EXPECT_EQ(s("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"sv), "Hello") << "7.2.3.5, two blocks";
    EXPECT_EQ(s("\x00"sv), "") << "7.2.3.6, empty";
    EXPECT_EQ(s("\xf2\x00\x11\x00\x00"sv), "Hello") << "the window outlives all of these";
}

TEST(Inflater, GoesOnWithTheWindowAfterAFinalBlock) {
    Stream s;
    EXPECT_EQ(s("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"sv), "Hello");
    EXPECT_EQ(s("\xf2\x00\x11\x00\x00"sv), "Hello");
    EXPECT_EQ(s("\xf3\x48\xcd\xc9\xc9\x07\x00"sv), "Hello") << "without the byte that RFC 7692 7.2.3.4 adds";
    EXPECT_EQ(s("\xf2\x00\x11\x00\x00"sv), "Hello");
}

TEST(Inflater, ReadsWhatZlibWroteInEveryWindowAndLevel) {
    for (const int bits : {9, 10, 11, 12, 13, 14, 15})
        for (const int level : {0, 1, 6, 9}) {
            Deflater deflater(bits, level);
            Stream s(static_cast<std::uint8_t>(bits));
            for (unsigned i = 0; i < 12; ++i) {
                const auto text = i % 4 == 3 ? noise(i * 1000, i) : prose(i * 700, i / 2);
                ASSERT_EQ(s(deflater.message(text)), text) << bits << " bits, level " << level << ", message " << i;
            }
        }
}

TEST(Inflater, ReadsMessagesWithoutTakeover) {
    Deflater deflater;
    Stream s;
    for (unsigned i = 0; i < 5; ++i) {
        deflater.forget();
        s.inflater.reset(true);
        const auto text = prose(3000, i);
        EXPECT_EQ(s(deflater.message(text)), text);
    }
}

TEST(Inflater, TakesAnEmptyPayloadForAnEmptyMessage) {
    Stream s;
    EXPECT_EQ(s(""), "");
    EXPECT_EQ(s("\xf2\x48\xcd\xc9\xc9\x07\x00"sv), "Hello");
    EXPECT_EQ(s(""), "");
    EXPECT_EQ(s("\xf2\x00\x11\x00\x00"sv), "Hello");
}

TEST(Inflater, AllowsADistanceOfTheWholeWindowAndNoMore) {
    for (unsigned bits = 8; bits <= 14; ++bits) {
        const unsigned window = 1U << bits;
        const auto past = noise(window + 20, bits);
        const auto expected = [&](unsigned distance) { return past.substr(past.size() - distance, 10); };
        for (const unsigned distance : {window - 1, window}) {
            Stream one(static_cast<std::uint8_t>(bits)), two(static_cast<std::uint8_t>(bits));
            EXPECT_EQ(one(FixedBlock().literals(past).match(10, distance).message()), past + expected(distance)) << bits;
            EXPECT_EQ(two(FixedBlock().literals(past).message()), past);
            EXPECT_EQ(two(FixedBlock().match(10, distance).message()), expected(distance)) << bits;
        }
        for (const unsigned distance : {window + 1, window + 20}) {
            Stream one(static_cast<std::uint8_t>(bits)), two(static_cast<std::uint8_t>(bits));
            EXPECT_EQ(one(FixedBlock().literals(past).match(10, distance).message()),
                      "<window_exceeded>" + past + expected(distance))
                << bits;
            EXPECT_EQ(two(FixedBlock().literals(past).message()), past);
            EXPECT_EQ(two(FixedBlock().match(10, distance).message()), "<window_exceeded>" + expected(distance)) << bits;
        }
    }
}

TEST(Inflater, ReportsEveryMessageThatExceedsTheWindowAndNoOther) {
    Stream s(8);
    const auto past = noise(1000);
    EXPECT_EQ(s(FixedBlock().literals(past).message()), past);
    EXPECT_EQ(s.result(FixedBlock().match(10, 257).message()), Inflated::window_exceeded);
    EXPECT_EQ(s.result(FixedBlock().match(10, 256).message()), Inflated::ok);
    EXPECT_EQ(s.result(FixedBlock().match(10, 257).message()), Inflated::window_exceeded);
    EXPECT_EQ(s.result(FixedBlock().literals("x").message()), Inflated::ok);
    EXPECT_EQ(s.result(""), Inflated::ok);
    EXPECT_EQ(s.result(FixedBlock().match(10, 300).message()), Inflated::window_exceeded);
}

TEST(Inflater, SaysFailedForWhatIsNoDeflateData) {
    const std::pair<const char*, std::string> cases[] = {
        {"reserved block type", "\x06"s},
        {"stored lengths that disagree", "\x00\x05\x00\xfa\xfeHello\x00"s},
        {"a block that ends in the middle", "\xf2\x48\xcd"s},
        {"distance before the beginning", FixedBlock().literals("abc").match(3, 4).message()},
        {"noise", "\xff" + noise(300)},
        {"text", "Hello, this is no compressed text"},
    };
    for (const auto& [what, bytes] : cases) {
        Stream s;
        EXPECT_EQ(s(bytes), "<failed>") << what;
        EXPECT_EQ(s("\xf2\x48\xcd\xc9\xc9\x07\x00"sv), "Hello") << "goes on after " << what;
    }
}

TEST(Inflater, IsNeverWrongAfterAFailure) {
    Deflater deflater;
    Stream s;
    EXPECT_EQ(s(deflater.message("The quick brown fox")), "The quick brown fox");
    EXPECT_EQ(s("\x06"), "<failed>");
    EXPECT_EQ(s(deflater.message("The quick brown fox")), "<no_context>") << "refers to what came before the failure";
    EXPECT_EQ(s(deflater.message("The quick brown fox jumps")), "<no_context>");
    deflater.forget();
    EXPECT_EQ(s(deflater.message("The quick brown fox jumps")), "The quick brown fox jumps");
    EXPECT_EQ(s(deflater.message("The quick brown fox jumps")), "The quick brown fox jumps");
}

TEST(Inflater, SaysNoContextUntilTheWindowIsWholeAgain) {
    Stream s;
    s.inflater.reset(false);
    EXPECT_FALSE(s.inflater.complete());
    EXPECT_EQ(s(FixedBlock().literals("abc").match(3, 4).message()), "<no_context>");
    const auto half = noise(full_window / 2);
    EXPECT_EQ(s(FixedBlock().literals(half).message()), half) << "refers to nothing";
    EXPECT_EQ(s(FixedBlock().match(3, 100).message()), half.substr(half.size() - 100, 3)) << "refers to what is known";
    EXPECT_EQ(s(FixedBlock().match(3, 20000).message()), "<no_context>");
    EXPECT_FALSE(s.inflater.complete());
    const auto whole = noise(full_window);
    EXPECT_EQ(s(FixedBlock().literals(whole).message()), whole);
    EXPECT_TRUE(s.inflater.complete());
    EXPECT_EQ(s(FixedBlock().match(3, full_window).message()), whole.substr(0, 3));
    EXPECT_EQ(s("\x06"), "<failed>");
    EXPECT_EQ(s(FixedBlock().literals(whole.substr(1)).message()), whole.substr(1));
    EXPECT_FALSE(s.inflater.complete()) << "one byte less than the window";
}

TEST(Inflater, DropsWhatIsLongerThanTheLimitAndGoesOnRight) {
    constexpr std::size_t limit = 10000;
    for (const std::size_t size : {limit - 1, limit, limit + 1, limit * 15}) {
        Deflater deflater;
        Stream s(15, limit);
        const auto text = prose(size);
        EXPECT_EQ(s(deflater.message(text)), size <= limit ? text : "<limit>") << size;
        const auto next = text.substr(text.size() - 5000);
        EXPECT_EQ(s(deflater.message(next)), next) << "after " << size;
    }
}

TEST(Inflater, SurvivesABombInLittleMemoryAndTime) {
    constexpr std::size_t limit = 20000;
    for (const int bits : {9, 15}) {
        Deflater deflater(bits);
        Stream s(static_cast<std::uint8_t>(bits), limit);
        InflatedBytes out;
        const auto bomb = deflater.message(std::string(limit * 1000, 'a'));
        ASSERT_LT(bomb.size(), limit * 2);
        EXPECT_EQ(s.inflater.inflate(as_bytes(bomb), limit, out), Inflated::limit);
        EXPECT_LE(out.capacity(), 2 * limit);
        const auto next = s(deflater.message("aaaaaaaaaaaaaaaaaa"));
        EXPECT_TRUE(next == "<no_context>" || next == "aaaaaaaaaaaaaaaaaa") << next;
        deflater.forget();
        EXPECT_EQ(s(deflater.message("next")), "next");
    }
}

TEST(Inflater, TakesLinearTimeForAnyNumberOfFinalBlocks) {
    for (const std::uint8_t bits : {std::uint8_t{9}, std::uint8_t{15}}) {
        Stream s(bits);
        const auto past = noise(full_window);
        ASSERT_EQ(s(FixedBlock().literals(past).message()), past);
        std::string blocks;
        for (unsigned i = 0; i < 2000000; ++i)
            blocks += "\x03\x00"sv; // final and empty
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_EQ(s(blocks), "");
        EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1500));
        EXPECT_EQ(s(FixedBlock().match(3, 512).message()), past.substr(full_window - 512, 3));
    }
}

TEST(Inflater, GoesOnFromARestoredWindow) {
    Deflater deflater;
    Stream first, restored;
    for (unsigned i = 0; i < 40; ++i) {
        const auto text = prose(1 + i * 100, i / 4);
        const auto message = deflater.message(text);
        restored.inflater.restore(first.inflater.window(), first.inflater.complete());
        ASSERT_EQ(first(message), text) << i;
        ASSERT_EQ(restored(message), text) << i;
        ASSERT_LE(first.inflater.window().size(), full_window);
    }
}

TEST(Inflater, NeedsNoSetUpForItsWindow) {
    Stream s;
    EXPECT_TRUE(s.inflater.window().empty());
    s.inflater.restore({}, true);
    EXPECT_EQ(s("\xf2\x48\xcd\xc9\xc9\x07\x00"sv), "Hello");
    EXPECT_EQ(str(s.inflater.window()), "Hello");
}

/// Where the output ends with the room for it, zlib has to be asked in the right way.
TEST(Inflater, TakesMessagesThatFillItsRoomExactly) {
    Deflater deflater;
    for (std::size_t size = 1; size <= 9000; size += size > 1100 && size < 8100 ? 97 : 1) {
        Stream fresh;
        deflater.forget();
        const std::string text(size, 'x');
        ASSERT_EQ(fresh(deflater.message(text)), text) << size;
        Stream limited(15, size);
        deflater.forget();
        ASSERT_EQ(limited(deflater.message(text)), text) << size << " is the limit";
    }
}

} // namespace
} // namespace ws::test
