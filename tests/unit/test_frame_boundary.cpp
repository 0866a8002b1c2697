// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame_boundary.hpp"

#include "support.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

BoundaryHints hints(Direction direction, const Negotiated& negotiated = plain()) {
    return {direction == client, negotiated};
}

/// In bytes that nothing follows.
std::size_t find_boundary(Bytes bytes, const BoundaryHints& hints) {
    TrialInflation trial;
    return BoundarySearch().next(bytes, hints, trial);
}

FrameHeader header_of(const std::string& frame) {
    FrameHeader header;
    EXPECT_TRUE(parse_frame_header(as_bytes(frame), header));
    return header;
}

TEST(Plausible, IsEveryFrameThatKeepsToTheRules) {
    for (const auto direction : both_directions)
        for (const auto& f : {WireFrame{.opcode = 1}, WireFrame{.fin = false, .opcode = 2}, WireFrame{.opcode = 0},
                              WireFrame{.opcode = 8}, WireFrame{.opcode = 9, .length = 125}, WireFrame{.opcode = 10},
                              WireFrame{.opcode = 1, .length = 126}, WireFrame{.opcode = 2, .length = 65536}})
            EXPECT_TRUE(plausible(header_of(wire(direction, f)), hints(direction)));
}

TEST(Plausible, IsNoFrameThatBreaksOne) {
    for (const auto direction : both_directions) {
        for (const auto& f :
             {WireFrame{.opcode = 3}, WireFrame{.opcode = 15}, WireFrame{.length_size = 2},
              WireFrame{.length = 300, .length_size = 8}, WireFrame{.length = 1ULL << 40}, WireFrame{.length = ~0ULL},
              WireFrame{.fin = false, .opcode = 9}, WireFrame{.opcode = 8, .length = 126}, WireFrame{.rsv1 = true},
              WireFrame{.rsv2 = true}, WireFrame{.rsv3 = true}, WireFrame{.rsv1 = true, .opcode = 9}})
            EXPECT_FALSE(plausible(header_of(wire(direction, f)), hints(direction)));
        EXPECT_FALSE(plausible(header_of(wire(opposite(direction), {})), hints(direction))) << "the other side's masking";
    }
}

TEST(Plausible, DependsOnTheExtensions) {
    const auto rsv1 = header_of(wire({.rsv1 = true})), rsv2 = header_of(wire({.rsv2 = true}));
    EXPECT_TRUE(plausible(rsv1, hints(server, deflate())));
    EXPECT_TRUE(plausible(rsv1, hints(server, deflate_frame())));
    EXPECT_TRUE(plausible(rsv1, hints(server, Negotiated{}))) << "compression cannot be excluded";
    EXPECT_FALSE(plausible(rsv2, hints(server, deflate())));
    EXPECT_TRUE(plausible(rsv2, hints(server, unknown_extension())));
}

TEST(FindBoundary, FindsNoneBehindWhatWasRead) {
    // Zeros look like fragments that go on with a message: none of them is certain, and what comes behind them is no frame.
    const auto bytes = "\xf1" + std::string(22, '\0') + "J\1&(";
    const auto at = find_boundary(as_bytes(bytes), hints(server, unknown_extension()));
    FrameHeader header;
    if (at == bytes.size())
        return;
    EXPECT_TRUE(parse_frame_header(as_bytes(bytes).subspan(at), header));
    EXPECT_TRUE(plausible(header, hints(server, unknown_extension()))) << at;
}

TEST(FindBoundary, FindsTheBeginningOfFramesAfterTheEndOfAnother) {
    for (const auto direction : both_directions) {
        const auto frames = wire(direction, {.payload = "first"}) + wire(direction, {.opcode = 9, .payload = "p"}) +
                            wire(direction, {.opcode = 2, .payload = std::string(300, '\xee')});
        for (const auto& before : {""s, "x"s, "the end of a text"s, std::string(1000, '\xff')}) {
            EXPECT_EQ(find_boundary(as_bytes(before + frames), hints(direction)), before.size());
            EXPECT_EQ(find_boundary(as_bytes(before + frames + frames.substr(0, 20)), hints(direction)), before.size())
                << "the last one cut";
        }
    }
}

TEST(FindBoundary, TakesOneFrameThatEndsWhereTheBytesEnd) {
    const auto frame = wire(client, {.payload = "hello, world"});
    EXPECT_EQ(find_boundary(as_bytes("tail of a message" + frame), hints(client)), 17U);
}

TEST(FindBoundary, TakesNoTextForFrames) {
    const auto text = prose(5000);
    EXPECT_EQ(find_boundary(as_bytes(text), hints(server)), text.size());
    EXPECT_EQ(find_boundary(as_bytes(text), hints(client)), text.size());
    EXPECT_EQ(find_boundary({}, hints(client)), 0U);
}

TEST(FindBoundary, NeedsFourHeadersWhereTheLastFrameIsCut) {
    const auto frame = wire(server, {.opcode = 2, .payload = std::string(200, '\xee')}), cut = frame.substr(0, 100);
    for (const auto& few : {cut, frame + cut, frame + frame + cut})
        EXPECT_EQ(find_boundary(as_bytes(few), hints(server)), few.size());
    EXPECT_EQ(find_boundary(as_bytes(frame + frame + frame + cut), hints(server)), 0U);
}

TEST(FindBoundary, DoesNotWrapOnTheLongestLength) {
    const auto frame = wire(server, {.opcode = 2, .length = ~0ULL}) + std::string(100, '\xee');
    EXPECT_EQ(find_boundary(as_bytes(frame), hints(server, unknown_extension())), frame.size());
}

TEST(FindBoundary, ComesToAnEndWhereLengthsWouldWrap) {
    // Pings with long payloads are passed over; the last length would lead back to one of them.
    std::string pings;
    for (char i = 0; i < 8; ++i)
        pings += wire(server, {.opcode = 9, .payload = std::string(20, static_cast<char>('a' + i))});
    const auto tail = "p"s;
    for (const std::uint64_t back : {0U, 22U, 44U, 66U, 88U, 153U}) {
        const auto frame = wire(server, {.opcode = 9, .length = ~0ULL - 9 - back});
        const auto bytes = tail + pings + frame + std::string(50, 'x');
        EXPECT_EQ(find_boundary(as_bytes(bytes), hints(server)), 1U) << back;
    }
}

TEST(FindBoundary, TakesNoPatternForFrames) {
    // Zeros behind a mask are the key.
    for (const auto& pattern : {"\0"s, "\0\0\x01"s, "\x80\0"s, "\x81\0"s, "\x89\0\x8a\0"s, "\x82\x01\0"s, "\x02\0\0\0\x01\0"s,
                                "\x82\x86\x13\xd0"s, "\x81\x80\x81\x82"s, "\xc1\x81\x80\xff"s})
        for (const auto direction : both_directions)
            for (const auto& negotiated : {plain(), deflate()})
                for (const bool aligned : {false, true})
                    for (std::size_t size = 600; size < 613; ++size) {
                        std::string run;
                        while (run.size() < size)
                            run += pattern;
                        run.resize(size);
                        auto how = hints(direction, negotiated);
                        how.aligned = aligned;
                        BoundarySearch search;
                        TrialInflation trial;
                        ASSERT_EQ(search.next(as_bytes(run), how, trial), size) << testing::PrintToString(pattern) << size;
                        const auto more = run + run;
                        ASSERT_EQ(search.next(as_bytes(more), how, trial), 2 * size) << testing::PrintToString(pattern) << size;
                        const auto text = more + wire(direction, {.payload = "{\"after\":\"the zeros\"}"});
                        // Behind half a letter it could be text.
                        if (static_cast<signed char>(more.back()) >= 0) {
                            ASSERT_EQ(search.next(as_bytes(text), how, trial), 2 * size)
                                << testing::PrintToString(pattern) << size;
                        }
                    }
}

TEST(FindBoundary, TakesNoTextWithinAPayloadForOneThatGoesOn) {
    // MQTT 3.1.1, 3.3: a packet identifier, which ends like the header of a text frame begins, and text.
    const auto publish =
        wire(server, {.opcode = 2, .payload = "2@\0\x1bsensors/kitchen/temperature\0\x01{\"celsius\":21.5,\"at\":1700000}"s});
    EXPECT_EQ(find_boundary(as_bytes(publish), hints(server)), publish.size());
}

TEST(FindBoundary, TakesPingsThatAreAlikeBeforeOtherFrames) {
    for (const auto direction : both_directions) {
        const auto ping = wire(direction, {.opcode = 9}), text = wire(direction, {.payload = "a text"});
        EXPECT_EQ(find_boundary(as_bytes("x" + ping + ping + ping + text), hints(direction)), 1U);
        auto aligned = hints(direction);
        aligned.aligned = true;
        EXPECT_EQ(find_boundary(as_bytes(ping), aligned), 0U);
    }
}

/// What a search within a frame finds in these segments, and in which of them; -1: nothing.
std::pair<int, std::size_t> found_in_frame(const std::vector<std::string>& segments, bool answered) {
    BoundarySearch search;
    TrialInflation trial;
    std::string all;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        all += segments[i];
        auto how = hints(server);
        how.in_frame = true;
        how.answered = answered;
        if (const auto at = search.next(as_bytes(all), how, trial); at < all.size())
            return {static_cast<int>(i), at};
    }
    return {-1, all.size()};
}

TEST(FindBoundary, WithinAFrameTakesFramesInSeveralSegmentsOnly) {
    using Segments = std::vector<std::string>;
    const auto frame = [](int i) { return wire(server, {.payload = "message number " + std::to_string(i)}); };
    std::string many;
    for (int i = 0; i < 50; ++i)
        many += frame(i);
    EXPECT_EQ(found_in_frame({many}, true).first, -1);
    EXPECT_EQ(found_in_frame({"hello" + frame(0), frame(1)}, true).first, -1);
    EXPECT_EQ(found_in_frame({"hello" + frame(0), frame(1), frame(2)}, false).first, -1);
    EXPECT_EQ(found_in_frame({"hello" + frame(0), frame(1), frame(2)}, true), (std::pair{2, 5UL}));
    EXPECT_EQ(found_in_frame({"hello" + frame(0), frame(1), frame(2), frame(3)}, false), (std::pair{3, 5UL}));
    EXPECT_EQ(found_in_frame({"hello", frame(1), "and", frame(2), "so", frame(3), "on", frame(4)}, true).first, -1);
    // Wherever the segments are cut
    Segments cut{"hello"};
    for (std::size_t at = 0; at < many.size(); at += 33)
        cut.push_back(many.substr(at, 33));
    EXPECT_EQ(found_in_frame(cut, true).second, 5U);
    EXPECT_LE(found_in_frame(cut, true).first, 5);
}

TEST(FindBoundary, WithinAFrameFollowsEachHeaderOnce) {
    // As many chains as places, all of which meet: 30,000 frames in each of ten segments.
    std::string frames;
    for (int i = 0; i < 30000; ++i)
        frames += "\x89\x00"s;
    std::string all;
    BoundarySearch search;
    TrialInflation trial;
    auto how = hints(server);
    how.in_frame = true;
    for (int i = 0; i < 10; ++i) {
        all += frames + "\xff";
        EXPECT_EQ(search.next(as_bytes(all), how, trial), all.size());
    }
}

Chain follow(const std::string& bytes, const BoundaryHints& hints) {
    Chain chain;
    TrialInflation trial;
    ws::follow(chain, as_bytes(bytes), hints, trial);
    return chain;
}

TEST(Follow, CountsFramesAsFarAsTheyGo) {
    for (const auto direction : both_directions) {
        const auto frame = wire(direction, {.payload = "abc"});
        const auto expect = [&](const std::string& bytes, std::uint32_t headers, bool exact) {
            const auto chain = follow(bytes, hints(direction));
            EXPECT_TRUE(chain.fits);
            EXPECT_EQ(chain.headers, headers);
            EXPECT_EQ(chain.exact, exact);
        };
        expect(frame, 1, true);
        expect(frame + frame + frame, 3, true);
        expect(frame + frame + frame.substr(0, frame.size() - 1), 3, false);
        expect(frame + frame.substr(0, 1), 1, false);
        expect("", 0, false);
        EXPECT_FALSE(follow("GET / HTTP/1.1\r\n" + frame, hints(direction)).fits);
        EXPECT_FALSE(follow(frame + "and garbage", hints(direction)).fits);
        EXPECT_FALSE(follow(frame, hints(opposite(direction))).fits);
    }
}

} // namespace
} // namespace ws::test
