// SPDX-License-Identifier: GPL-2.0-or-later
#include "resynchroniser.hpp"

#include "decoding.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

/// Decodes chunks as they are, without a connection.
struct Chunks {
    TestArena arena;
    DirectionDecoder decoder{{server, plain(), {}}};
    Position position;
    std::vector<std::string> buffers;
    Facts feed(std::string bytes, std::uint64_t lost_before = 0, std::uint64_t lost_after = 0) {
        Facts facts;
        buffers.push_back(std::move(bytes));
        decoder.feed(position, {as_bytes(buffers.back()), lost_before, lost_after}, {1, true, false}, arena, facts);
        EXPECT_EQ(disorder(facts, as_bytes(buffers.back())), "");
        return facts;
    }
};

TEST(Length, ThatIsALieCostsNoOtherMessage) {
    for (const auto direction : both_directions)
        for (const std::uint64_t length : {1ULL << 17, 1ULL << 20, 100ULL << 20, (1ULL << 32) + 5, (1ULL << 62) + 1, ~0ULL}) {
            Session s;
            s.feed(direction, wire(direction, {.payload = "before"}));
            s.feed(direction, wire(direction, {.opcode = 2, .payload = "short", .length = length}));
            Texts expected{"before"};
            for (int i = 0; i < 12; ++i) {
                expected.push_back("message number " + std::to_string(i));
                s.feed(direction, wire(direction, {.payload = expected.back()}));
            }
            auto texts = s.texts(direction);
            ASSERT_GT(texts.size(), 1U) << length;
            EXPECT_TRUE(texts[1] == "<gap>" || texts[1] == "<limit>") << texts[1];
            texts.erase(texts.begin() + 1);
            EXPECT_EQ(texts, expected) << length;
            EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
        }
}

TEST(Length, ThatIsTooLongMakesNothingOfItsPayloadAFrame) {
    const auto text = wire(server, {.payload = "a text that nobody sent"});
    for (const std::uint64_t length : {(1ULL << 30) + 1, (1ULL << 32) + 5, (1ULL << 63) - 1, ~0ULL}) {
        const auto begun = wire(server, {.opcode = 2, .length = length}) + "hello";
        for (const auto& pieces : std::vector<Texts>{{begun + text},
                                                     {begun + text + text + text + text + text},
                                                     {begun, text},
                                                     {begun, text, text},
                                                     {begun, text, "and so on", text, text, "and on"}}) {
            Session s;
            s.feed(server, wire(server, {.payload = "before"}));
            for (const auto& piece : pieces) {
                s.feed(server, piece);
                s.feed(client, wire(client, {.payload = "answer"}));
            }
            EXPECT_EQ(s.texts(server), (Texts{"before", "<limit>"})) << length;
            EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
        }
        EXPECT_EQ(difference_when_split({{server, begun + text}}), "");
    }
}

TEST(Length, ThatIsTooLongIsNotRefutedByAPattern) {
    using namespace std::string_literals;
    for (const auto direction : {client, server})
        for (const auto& pattern : {"\0"s, "\0\0\x01"s, "\x80\0"s, "\x81\0"s, "\x8a\0"s, "\x82\x01\0"s, "\0\x80\0\0\0\0"s,
                                    "\x8a\x80\0\0\0\0"s, "\x82\x82\x01\x02\x03\x04\0\0"s})
            for (const std::size_t size : {1U, 3U, 24U, 1200U}) {
                Session s;
                s.feed(direction, wire(direction, {.payload = "before"}));
                s.feed(direction, wire(direction, {.opcode = 2, .length = 1ULL << 32}) + "hello");
                std::string rest;
                while (rest.size() < 20 * size)
                    rest += pattern;
                for (std::size_t at = 0; at + size <= rest.size(); at += size) {
                    s.feed(direction, rest.substr(at, size));
                    s.feed(opposite(direction), wire(opposite(direction), {.payload = "answer"}));
                }
                EXPECT_EQ(s.frames(direction).size(), 2U) << testing::PrintToString(pattern) << " in pieces of " << size;
                EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
            }
}

TEST(Length, ThatIsTooLongHoldsAcrossAGap) {
    const auto text = wire(server, {.payload = "a text that nobody sent"});
    Session s;
    std::uint32_t at = 0;
    const auto feed = [&](const std::string& bytes, std::uint32_t lost) {
        at += lost;
        s.feed(server, bytes, {.sequence = at});
        at += static_cast<std::uint32_t>(bytes.size());
    };
    feed(wire(server, {.opcode = 2, .length = 1ULL << 32}) + "hello", 0);
    for (int i = 0; i < 5; ++i)
        feed(text, 1000);
    EXPECT_EQ(s.texts(server), Texts{"<limit>"});
    EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
}

TEST(Length, ThatMayBeALieIsBelievedAgainstAFewFrames) {
    const auto text = wire(server, {.payload = "a text that nobody sent"});
    for (const std::uint64_t length : {1ULL << 17, 1ULL << 20, 100ULL << 20, 1ULL << 29})
        for (const unsigned count : {1U, 2U, 3U}) {
            Session s;
            s.feed(server, wire(server, {.opcode = 2, .length = length}) + "hello");
            for (unsigned i = 0; i < count; ++i)
                s.feed(server, text);
            EXPECT_EQ(s.frames(server).size(), 0U) << length;
        }
}

TEST(Length, ThatIsALieIsFoundOutSoonerWhereTheOtherSideAnswers) {
    for (const std::uint64_t length : {1ULL << 20, 100ULL << 20, (1ULL << 32) + 5}) {
        Session s;
        s.feed(server, wire(server, {.opcode = 2, .length = length}) + "hello");
        Texts expected;
        for (int i = 0; i < 3; ++i) {
            s.feed(client, wire(client, {.payload = "question"}));
            expected.push_back("answer number " + std::to_string(i));
            s.feed(server, wire(server, {.payload = expected.back()}));
        }
        const auto texts = s.texts(server);
        ASSERT_EQ(texts.size(), 4U) << length;
        EXPECT_EQ(Texts(texts.begin() + 1, texts.end()), expected);
        EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
    }
}

TEST(Length, OfAFrameThatCarriesFramesIsNoLie) {
    // WebSocket sent through WebSocket, in segments that begin and end where the inner frames do.
    const auto inner = wire({.payload = "a message in a message"});
    std::string payload;
    for (int i = 0; i < 40; ++i)
        payload += inner;
    const auto outer = wire({.opcode = 2, .payload = payload});
    for (const unsigned at_once : {1U, 2U, 40U}) {
        Session s;
        s.feed(server, outer.substr(0, 4));
        for (std::size_t at = 4; at < outer.size(); at += inner.size() * at_once)
            s.feed(server, outer.substr(at, inner.size() * at_once));
        ASSERT_EQ(s.frames(server).size(), 1U) << at_once;
        EXPECT_EQ(str(s.frames(server)[0]->payload), payload);
    }
}

TEST(Length, DecodesTheFrameAfterOneThatWasPassedOver) {
    const std::uint64_t length = (1ULL << 32) + 5;
    Session s;
    const auto header = wire(server, {.opcode = 2, .length = length});
    s.feed(server, header, {.sequence = 0});
    std::uint64_t at = header.size();
    const std::string payload(1000, 'x');
    while (at < header.size() + length) { // pieces with gaps of up to half the sequence space between
        const auto left = header.size() + length - at;
        const auto count = std::min<std::uint64_t>(left, payload.size());
        const auto& facts = s.feed(server, payload.substr(0, count), {.sequence = static_cast<std::uint32_t>(at)});
        EXPECT_TRUE(frames_of(facts).empty());
        at += count;
        if (left > count + 10)
            at += std::min<std::uint64_t>(left - count - 10, 0x50000000);
    }
    s.feed(server, wire(server, {.payload = "next"}), {.sequence = static_cast<std::uint32_t>(at)});
    EXPECT_EQ(s.texts(server), (Texts{"<limit>", "next"}));
    EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
}

TEST(Gap, ThatSwallowsAHeaderIsSearchedThrough) {
    const auto first = wire(server, {.payload = std::string(500, 'x')});
    const auto rest = "tail of a payload" + wire(server, {.payload = "one"}) + wire(server, {.payload = "two"});
    for (const std::size_t seen : {0U, 1U, 3U, 100U, 504U}) {
        Session s;
        s.feed(server, first.substr(0, seen), {.sequence = 0});
        s.feed(server, rest, {.sequence = 2000});
        s.feed(server, wire(server, {.payload = "three"}), {.sequence = static_cast<std::uint32_t>(2000 + rest.size())});
        const auto texts = s.texts(server);
        ASSERT_GE(texts.size(), 3U);
        EXPECT_EQ(Texts(texts.end() - 3, texts.end()), (Texts{"one", "two", "three"})) << seen;
        for (const auto* f : s.frames(server))
            EXPECT_EQ(f->resynchronised, f->completes && str(f->completes->data) == "one");
        EXPECT_EQ(s.violations(server), Texts(s.frames(server).size()));
        EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
    }
}

TEST(Gap, AmongFramesOverManySegmentsCostsWhatItLostOnly) {
    // No segment begins or ends where a frame does, and nothing but the chain of headers tells where one begins.
    std::mt19937 random(7692);
    for (const auto direction : both_directions) {
        std::string stream, expected;
        for (char i = 'a'; i < 'm'; ++i) {
            std::string payload(3000 + random() % 3000, '\0');
            std::generate(payload.begin(), payload.end(), [&] { return static_cast<char>(random()); });
            const auto begin = stream.size();
            stream += wire(direction, {.opcode = 2, .payload = i + payload});
            if (stream.size() <= 5000 || begin >= 6000)
                expected += i;
        }
        Session s;
        constexpr std::size_t size = 1000;
        for (std::size_t at = 0; at < stream.size(); at += size) {
            if (at != 5000)
                s.feed(direction, stream.substr(at, size), {.sequence = static_cast<std::uint32_t>(at)});
        }
        std::string numbers;
        for (const auto* frame : s.frames(direction))
            if (frame->undecoded == Undecoded::no)
                numbers += str(frame->payload)[0];
        EXPECT_EQ(numbers, expected);
        EXPECT_GE(expected.size(), 10U);
        EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
    }
}

TEST(Gap, OfAnySizeIsTold) {
    for (const std::uint64_t lost : {1ULL, 1ULL << 32, (1ULL << 62) - 1, ~0ULL}) {
        Chunks c;
        c.feed(wire(server, {.payload = "one"}));
        const auto facts = c.feed(wire(server, {.payload = "two"}), lost);
        ASSERT_EQ(frames_of(facts).size(), 1U);
        EXPECT_TRUE(frames_of(facts)[0]->resynchronised);
        ASSERT_EQ(skipped_by(facts).size(), 1U);
        EXPECT_EQ(skipped_by(facts)[0]->reason, Undecoded::gap);
        EXPECT_EQ(skipped_by(facts)[0]->length, 0U);
    }
}

TEST(Cut, ThatSwallowsAHeaderIsSearchedThrough) {
    const auto one = wire(server, {.payload = "one"}), two = wire(server, {.payload = "two"});
    Session s;
    s.feed(server, one.substr(0, 4), {.cut = 1 + two.size() + 2});
    s.feed(server, "o" + one + two);
    EXPECT_EQ(s.texts(server), (Texts{"<truncated>", "one", "two"}));
    EXPECT_TRUE(s.frames(server)[1]->resynchronised);
    EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
}

// -----------------------------------------------------------------------------------------------------------
// the resynchroniser by itself

const DirectionTerms of_server{server, plain(), {}};

TEST(Resynchroniser, PutsHeadersOnTrialAfterABoundaryWasFound) {
    Resynchroniser::Position position;
    Resynchroniser r(position, of_server, false);
    r.lose(Undecoded::gap);
    const auto bytes = "tail" + wire(server, {.payload = "a text that is long enough"});
    EXPECT_EQ(r.search(as_bytes(bytes), bytes.size()), 4U);
    r.find(true);
    EXPECT_TRUE(position.resynchronised);
    FrameHeader good, bad;
    parse_frame_header(as_bytes(wire(server, {})), good);
    parse_frame_header(as_bytes(wire(client, {})), bad);
    EXPECT_FALSE(r.accepts(bad));
    const int headers = position.on_trial;
    EXPECT_GT(headers, 1);
    for (int i = headers; i-- > 0;) {
        EXPECT_TRUE(r.accepts(good));
        EXPECT_EQ(position.on_trial, i);
    }
}

TEST(Resynchroniser, CountsTheBytesOfAFrameThatIsTooLong) {
    Resynchroniser::Position position;
    Resynchroniser r(position, of_server, false);
    const auto start = [&] { r.lose(Undecoded::limit, 1000); };
    const std::string bytes(100, 'x');
    start();
    EXPECT_EQ(r.search(as_bytes(bytes), bytes.size()), bytes.size());
    EXPECT_EQ(position.within, 900U);
    EXPECT_FALSE(r.lose_within(899));
    EXPECT_EQ(position.within, 1U);
    EXPECT_EQ(position.reason, Undecoded::limit);
    EXPECT_TRUE(r.lose_within(1)) << "its end";
    EXPECT_FALSE(position.resynchronised) << "its header said so";
    start();
    EXPECT_FALSE(r.lose_within(1001));
    EXPECT_EQ(position.within, 0U);
    EXPECT_EQ(position.reason, Undecoded::gap);
}

TEST(Resynchroniser, RemembersWhetherChunksBeginWithFrames) {
    Resynchroniser::Position position;
    Resynchroniser r(position, of_server, false);
    for (int i = 0; i < 20; ++i)
        r.note_aligned();
    EXPECT_EQ(position.aligned, Resynchroniser::Position::most_aligned);
    r.note_unaligned();
    EXPECT_EQ(position.aligned, Resynchroniser::Position::most_aligned / 2);
}

} // namespace
} // namespace ws::test
