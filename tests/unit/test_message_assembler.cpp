// SPDX-License-Identifier: GPL-2.0-or-later
#include "message_assembler.hpp"

#include "decoding.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

struct DeflateCase {
    Negotiated negotiated;
    int bits;
    bool takeover;
};

std::vector<DeflateCase> deflate_cases() {
    std::vector<DeflateCase> out;
    for (const bool takeover : {true, false})
        for (const int bits : {9, 10, 11, 12, 13, 14, 15})
            out.push_back({deflate(static_cast<std::uint8_t>(bits), takeover), bits, takeover});
    return out;
}

TEST(Direction, JoinsFragmentsWithControlFramesBetween) {
    for (const auto direction : both_directions) {
        const auto s = decoded(direction, joined(direction, {{.fin = false, .opcode = 2, .payload = "one "},
                                                             {.opcode = 9, .payload = "ping"},
                                                             {.fin = false, .opcode = 0, .payload = "two "},
                                                             {.opcode = 10, .payload = "ping"},
                                                             {.opcode = 0, .payload = "three"},
                                                             {.payload = "next"}}));
        EXPECT_EQ(s.texts(direction), (Texts{"one two three", "next"}));
        EXPECT_EQ(s.violations(direction), Texts(6));
        const auto& m = *s.messages(direction)[0];
        EXPECT_EQ(m.opcode, 2);
        EXPECT_FALSE(m.text);
        EXPECT_EQ(m.frames, 3U);
        EXPECT_EQ(m.wire_length, 13U);
        ASSERT_TRUE(m.fragments);
        EXPECT_EQ(m.fragments[0].length, 4U);
        EXPECT_EQ(m.fragments[2].length, 5U);
        const auto& next = *s.messages(direction)[1];
        EXPECT_TRUE(next.text);
        EXPECT_EQ(next.frames, 1U);
        EXPECT_FALSE(next.fragments);
    }
}

TEST(Deflate, InflatesMessagesOfEveryNegotiation) {
    for (const auto& c : deflate_cases())
        for (const auto direction : both_directions) {
            Deflater deflater(c.bits);
            std::string bytes;
            Texts expected;
            for (unsigned i = 0; i < 8; ++i) {
                if (!c.takeover)
                    deflater.forget();
                expected.push_back(prose(20 + i * 200, i / 2));
                bytes += wire(direction, {.rsv1 = true, .payload = deflater.message(expected.back())});
            }
            Session s(c.negotiated);
            for (std::size_t at = 0; at < bytes.size(); at += 100)
                s.feed(direction, std::string_view(bytes).substr(at, 100));
            EXPECT_EQ(s.texts(direction), expected) << c.bits << " " << c.takeover;
            EXPECT_EQ(s.violations(direction), Texts(8));
            EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
            for (const auto* m : s.messages(direction))
                EXPECT_TRUE(m->text && m->compressed && m->own_data && !m->opaque);
        }
}

TEST(Deflate, EachDirectionHasItsOwnWindowAndTakeover) {
    auto negotiated = deflate();
    negotiated.no_context_takeover[0] = true;
    negotiated.window_bits[1] = 8;
    const auto past = noise(300);
    const std::string hello = "\xf2\x48\xcd\xc9\xc9\x07\x00"s, from_window = "\xf2\x00\x11\x00\x00"s;
    const WireFrame far{.rsv1 = true, .opcode = 2, .payload = FixedBlock().literals(past).match(5, 300).message()};
    const WireFrame first{.rsv1 = true, .payload = hello}, second{.rsv1 = true, .payload = from_window};
    const auto c = decoded(client, joined(client, {far, first, first, second}), negotiated);
    EXPECT_EQ(c.violations(client), (Texts{"", "", "", "inflate_failed"}));
    const auto s = decoded(server, joined(server, {far, first, second}), negotiated);
    EXPECT_EQ(s.violations(server), (Texts{"window_exceeded", "", ""}));
    EXPECT_EQ(s.texts(server), (Texts{past + past.substr(0, 5), "Hello", "Hello"}));
}

TEST(Deflate, InflatesFragmentsAsOneMessage) {
    Deflater deflater;
    const auto text = prose(600);
    const auto message = deflater.message(text);
    for (std::size_t i = 0; i <= message.size(); i += 7)
        for (const auto direction : both_directions) {
            Session s(deflate());
            s.feed(direction, joined(direction, {{.fin = false, .rsv1 = true, .payload = message.substr(0, i)},
                                                 {.opcode = 9, .payload = "between"},
                                                 {.fin = false, .opcode = 0},
                                                 {.opcode = 0, .payload = message.substr(i)}}));
            EXPECT_EQ(s.texts(direction), Texts{text});
            EXPECT_EQ(s.violations(direction), Texts(4));
            EXPECT_EQ(s.messages(direction)[0]->wire_length, message.size());
        }
    const auto s = decoded(client,
                           joined(client, {{.fin = false, .rsv1 = true, .payload = message.substr(0, 50)},
                                           {.opcode = 0, .payload = message.substr(50)}}),
                           deflate());
    EXPECT_EQ(s.texts(client), Texts{text});
}

TEST(Deflate, MixesCompressedAndPlainMessages) {
    Deflater deflater;
    const auto one = deflater.message("compressed, compressed"), two = deflater.message("compressed, compressed");
    const auto s = decoded(server,
                           joined(server, {{.payload = "plain"},
                                           {.rsv1 = true, .payload = one},
                                           {.opcode = 2, .payload = "plain"},
                                           {.rsv1 = true, .opcode = 2, .payload = two}}),
                           deflate());
    EXPECT_EQ(s.texts(server), (Texts{"plain", "compressed, compressed", "plain", "compressed, compressed"}));
    EXPECT_EQ(s.violations(server), Texts(4));
    EXPECT_FALSE(s.messages(server)[0]->compressed);
    EXPECT_TRUE(s.messages(server)[1]->compressed);
}

TEST(Deflate, InflatesFinalAndStoredBlocksAndEmptyMessages) {
    const auto compressed = [](std::string payload) { return WireFrame{.rsv1 = true, .payload = std::move(payload)}; };
    const auto s = decoded(client,
                           joined(client, {compressed("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s), compressed("\xf2\x00\x11\x00\x00"s),
                                           compressed("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s), compressed("\x00"s),
                                           compressed(""), compressed("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s),
                                           compressed("\xf2\x00\x11\x00\x00"s)}),
                           deflate());
    EXPECT_EQ(s.texts(client), (Texts{"Hello", "Hello", "Hello", "", "", "Hello", "Hello"}));
    EXPECT_EQ(s.violations(client), Texts(7));
}

TEST(Deflate, ReportsABombAndGoesOn) {
    const Limits limits{10000};
    for (const std::size_t size : {10001U, 100000U, 10000000U}) {
        Deflater deflater;
        const auto bomb = deflater.message(std::string(size, 'a'));
        const auto next = deflater.message("aaaaaaaaaaaaaaaaaaaa");
        deflater.forget();
        const auto last = deflater.message("the last, the last");
        const auto s = decoded(server,
                               joined(server, {{.rsv1 = true, .payload = bomb},
                                               {.rsv1 = true, .payload = next},
                                               {.payload = "plain"},
                                               {.rsv1 = true, .payload = last}}),
                               deflate(), limits);
        const auto texts = s.texts(server);
        ASSERT_EQ(texts.size(), 4U);
        EXPECT_EQ(texts[0], "<limit>");
        EXPECT_EQ(texts[1], size <= 16 * limits.message ? "aaaaaaaaaaaaaaaaaaaa" : "<no_context>");
        EXPECT_EQ(texts[2], "plain");
        EXPECT_EQ(texts[3], "the last, the last");
        EXPECT_EQ(s.violations(server), Texts(4));
        EXPECT_LT(s.memory(), bomb.size() * 4 + 100000);
    }
}

TEST(Deflate, ReportsGarbageAndIsNeverWrongAfterIt) {
    Deflater deflater;
    const auto text = "never wrong, never wrong"s;
    std::vector<WireFrame> frames;
    const auto say = [&] { frames.push_back({.rsv1 = true, .payload = deflater.message(text)}); };
    say();
    frames.push_back({.rsv1 = true, .payload = "\x06"});
    say();
    frames.push_back({.payload = "plain"});
    deflater.forget();
    say();
    say();
    for (const auto direction : both_directions) {
        const auto s = decoded(direction, joined(direction, frames), deflate());
        EXPECT_EQ(s.texts(direction), (Texts{text, "", "<no_context>", "plain", text, text}));
        EXPECT_EQ(s.violations(direction), (Texts{"", "inflate_failed", "", "", "", ""}));
        EXPECT_FALSE(s.messages(direction)[1]->text) << "nothing is known of it";
    }
}

TEST(Deflate, DoesNotInflateWhatRefersToAMessageThatWasGivenUp) {
    // The first message is never finished. What the next one refers to cannot be known.
    Deflater deflater;
    const auto before = deflater.message("abcdefghij, abcdefghij"), lost = deflater.message("0123456789, 0123456789");
    const auto next = deflater.message("0123456789, 0123456789");
    const auto s = decoded(server,
                           joined(server, {{.rsv1 = true, .payload = before},
                                           {.fin = false, .rsv1 = true, .payload = lost},
                                           {.rsv1 = true, .payload = next}}),
                           deflate());
    EXPECT_EQ(s.texts(server), (Texts{"abcdefghij, abcdefghij", "<no_context>"}));
    EXPECT_EQ(s.violations(server), (Texts{"", "", "data_interleaved"}));
}

TEST(Deflate, SaysNoContextAfterAGapUntilAMessageIsWholeByItself) {
    Deflater deflater;
    const auto text = "one two three four five"s;
    Session s(deflate());
    const auto frame = [&] { return wire(server, {.rsv1 = true, .payload = deflater.message(text)}); };
    std::uint32_t sequence = 0;
    const auto send = [&](const std::string& bytes, bool captured = true) {
        if (captured)
            s.feed(server, bytes, {.sequence = sequence});
        sequence += static_cast<std::uint32_t>(bytes.size());
    };
    send(frame());
    send(frame(), false);
    send(frame());
    send(frame());
    deflater.forget();
    send(frame());
    send(frame());
    EXPECT_EQ(s.texts(server), (Texts{text, "<no_context>", "<no_context>", text, text}));
    EXPECT_EQ(s.violations(server), Texts(5));
    EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
}

TEST(Deflate, AGapDoesNoHarmWithoutTakeover) {
    Deflater deflater;
    Session s(deflate(15, false));
    const auto frame = wire(server, {.rsv1 = true, .payload = deflater.message("by itself, by itself")});
    const auto size = static_cast<std::uint32_t>(frame.size());
    for (const std::uint32_t i : {0U, 1U, 3U, 4U})
        s.feed(server, frame, {.sequence = i * size});
    EXPECT_EQ(s.texts(server), Texts(4, "by itself, by itself"));
    EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
}

TEST(Deflate, WindowExceededExactlyBeyondTheBoundary) {
    for (unsigned bits = 8; bits <= 14; ++bits)
        for (const auto direction : both_directions)
            for (const unsigned over : {0U, 1U}) {
                const auto past = noise((1U << bits) + 1, bits);
                Session s(deflate(static_cast<std::uint8_t>(bits)));
                s.feed(direction,
                       joined(direction,
                              {{.rsv1 = true, .opcode = 2, .payload = FixedBlock().literals(past).message()},
                               {.rsv1 = true, .opcode = 2, .payload = FixedBlock().match(3, (1U << bits) + over).message()}}));
                EXPECT_EQ(s.violations(direction), (Texts{"", over ? "window_exceeded" : ""})) << bits;
                EXPECT_EQ(s.texts(direction)[1], past.substr(1 - over, 3)) << "inflated all the same";
                EXPECT_EQ(s.difference_when_visited_again(), "");
            }
}

TEST(DeflateFrame, InflatesEveryFrameByItself) {
    Deflater deflater;
    const auto part = [&](const char* text) { return deflater.message(text); };
    const auto p1 = part("one, "), p2 = part("two, "), p3 = part("three"), p4 = part("whole"), p5 = part("one, two, ");
    for (const auto direction : both_directions) {
        const auto s = decoded(direction,
                               joined(direction, {{.fin = false, .rsv1 = true, .payload = p1},
                                                  {.fin = false, .rsv1 = true, .opcode = 0, .payload = p2},
                                                  {.opcode = 9, .payload = "ping"},
                                                  {.rsv1 = true, .opcode = 0, .payload = p3},
                                                  {.rsv1 = true, .opcode = 2, .payload = p4},
                                                  {.payload = "plain"},
                                                  {.fin = false, .rsv1 = true, .payload = p5},
                                                  {.opcode = 0, .payload = "plain"}}),
                               deflate_frame());
        EXPECT_EQ(s.texts(direction), (Texts{"one, two, three", "whole", "plain", "one, two, plain"}));
        EXPECT_EQ(s.violations(direction), Texts(8));
        EXPECT_TRUE(s.messages(direction)[0]->compressed && s.messages(direction)[0]->text);
        EXPECT_FALSE(s.messages(direction)[2]->compressed);
    }
}

TEST(DeflateFrame, AMessageWithABadFrameIsNotShownWithoutIt) {
    const std::string good = "\xf2\x48\xcd\xc9\xc9\x07\x00"s;
    for (const bool first_is_bad : {true, false}) {
        const auto s = decoded(server,
                               joined(server, {{.fin = false, .rsv1 = true, .payload = first_is_bad ? "\x06" : good},
                                               {.rsv1 = true, .opcode = 0, .payload = first_is_bad ? good : "\x06"},
                                               {.rsv1 = true, .payload = good}}),
                               deflate_frame());
        EXPECT_EQ(s.violations(server), first_is_bad ? (Texts{"inflate_failed", "", ""}) : (Texts{"", "inflate_failed", ""}));
        EXPECT_EQ(s.texts(server), (Texts{"", "Hello"}));
        EXPECT_FALSE(s.messages(server)[0]->text);
        EXPECT_TRUE(s.messages(server)[1]->text);
    }
}

TEST(DeflateFrame, IsNeverWrongAfterAFrameThatWasNotAllCaptured) {
    Deflater deflater;
    const auto first = deflater.message("abcdefghij, abcdefghij"), lost = deflater.message("0123456789, 0123456789");
    const auto next = deflater.message("0123456789, 0123456789");
    Session s(deflate_frame());
    s.feed(server, wire(server, {.rsv1 = true, .payload = first}));
    const auto frame = wire(server, {.rsv1 = true, .payload = lost});
    s.feed(server, frame.substr(0, 5), {.cut = frame.size() - 5});
    s.feed(server, wire(server, {.rsv1 = true, .payload = next}));
    EXPECT_EQ(s.texts(server), (Texts{"abcdefghij, abcdefghij", "<truncated>", "<no_context>"}));
    EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
}

TEST(DeflateFrame, KeepsTheLimitForTheWholeMessage) {
    const Limits limits{10000};
    Deflater deflater;
    std::vector<WireFrame> frames;
    for (unsigned i = 0; i < 50; ++i)
        frames.push_back(
            {.fin = i == 49, .rsv1 = true, .opcode = i ? 0U : 1U, .payload = deflater.message(std::string(9000, 'a'))});
    frames.push_back({.rsv1 = true, .payload = deflater.message("next")});
    Session s(deflate_frame(), limits);
    s.feed(server, joined(server, frames));
    EXPECT_EQ(s.texts(server), (Texts{"<limit>", "next"}));
    EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
}

TEST(UnknownExtension, ShowsThePayloadRawAndGuessesNothing) {
    const auto s = decoded(server,
                           joined(server, {{.rsv1 = true, .payload = "\xff\xfe"},
                                           {.rsv2 = true, .opcode = 2, .payload = "b"},
                                           {.rsv3 = true, .payload = "text"},
                                           {.rsv1 = true, .opcode = 9, .payload = "p"},
                                           {.opcode = 3, .payload = "of the extension"}}),
                           unknown_extension());
    EXPECT_EQ(s.texts(server), (Texts{"\xff\xfe", "b", "text"}));
    EXPECT_EQ(s.violations(server), Texts(5));
    for (const auto* m : s.messages(server))
        EXPECT_TRUE(m->opaque && !m->text && !m->compressed);
}

TEST(UnknownExtension, MayChangeThePayloadWithoutABit) {
    auto beside_deflate = deflate(9);
    beside_deflate.unknown_extension = true;
    const auto bad = Deflater().message("bad \xff");
    const auto far = FixedBlock().literals(noise(600)).match(3, 600).message();
    for (const auto direction : both_directions) {
        const std::vector<WireFrame> plain_text = {
            {.payload = "bad \xff"}, {.fin = false, .payload = "\xe2"}, {.opcode = 0, .payload = "("}, {.payload = "good"}};
        const auto s = decoded(direction, joined(direction, plain_text), unknown_extension());
        EXPECT_EQ(s.violations(direction), Texts(4));
        EXPECT_FALSE(s.messages(direction)[0]->text);
        EXPECT_TRUE(s.messages(direction)[2]->text);
        const auto d = decoded(direction,
                               joined(direction, {{.rsv1 = true, .payload = bad},
                                                  {.rsv1 = true, .payload = "\x06"},
                                                  {.rsv1 = true, .opcode = 2, .payload = far}}),
                               beside_deflate);
        EXPECT_EQ(d.violations(direction), Texts(3));
    }
}

TEST(Rules, TellWhereTextGoesWrong) {
    const std::pair<const char*, std::uint32_t> cases[] = {{"abc\xff", 3}, {"\xe2\x82x", 2}, {"abc\xe2\x82", 4}, {"\x80", 0}};
    for (const auto& [text, offset] : cases) {
        EXPECT_EQ(decoded(server, wire({.payload = text})).frames(server)[0]->violation_offset, offset) << offset;
        EXPECT_EQ(
            decoded(client, wire(client, {.opcode = 8, .payload = close_body(1000, text)})).frames(client)[0]->violation_offset,
            offset + 2);
    }
    const auto s = decoded(server, wire({.fin = false, .payload = "\xe2"}) + wire({.opcode = 0, .payload = "\x82x"}));
    EXPECT_EQ(s.violations(server), (Texts{"", "text_not_utf8"}));
    EXPECT_EQ(s.frames(server)[1]->violation_offset, 1U);
}

TEST(Rules, EveryIllFormedTextIsReportedWholeAndFragmentedAnywhereAndCompressed) {
    // One for each row of Unicode's table 3-7, and the classes next to it.
    const std::string_view cases[] = {"\x80",
                                      "\xbf",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xc2\x7f",
                                      "\xdf\xc0",
                                      "\xe0\x80\x80",
                                      "\xe0\x9f\xbf",
                                      "\xe0\xa0",
                                      "\xe1\x80",
                                      "\xec\xbf\x7f",
                                      "\xed\xa0\x80",
                                      "\xed\xbf\xbf",
                                      "\xee\x80",
                                      "\xef\xbf\xc0",
                                      "\xf0\x80\x80\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf0\x90",
                                      "\xf0\x90\x80",
                                      "\xf1\x80\x80",
                                      "\xf3\xbf\xbf\x7f",
                                      "\xf4\x8f\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xf8\x88\x80\x80\x80",
                                      "\xfc\x84\x80\x80\x80\x80",
                                      "\xfe",
                                      "\xff"};
    for (const auto bad : cases)
        for (const std::string_view after : {"", "."}) {
            const auto text = "caf\xc3\xa9 " + std::string(bad) + std::string(after);
            for (const auto direction : both_directions)
                for (const bool compressed : {false, true}) {
                    const auto payload = compressed ? Deflater().message(text) : text;
                    for (std::size_t i = 0; i <= payload.size(); ++i) {
                        Session s(deflate());
                        s.feed(direction, joined(direction, {{.fin = false, .rsv1 = compressed, .payload = payload.substr(0, i)},
                                                             {.opcode = 0, .payload = payload.substr(i)},
                                                             {.payload = "good"}}));
                        const auto found = s.violations(direction);
                        ASSERT_EQ(found[0] + found[1], "text_not_utf8") << hex(as_bytes(text)) << " at " << i;
                        ASSERT_EQ(found[2], "");
                        ASSERT_FALSE(s.messages(direction)[0]->text);
                    }
                }
        }
}

TEST(Length, SumsDoNotWrap) {
    const auto s =
        decoded(server, joined(server, {{.fin = false, .opcode = 2, .payload = "begun"}, {.opcode = 0, .length = ~0ULL}}));
    ASSERT_EQ(s.messages(server).size(), 1U);
    EXPECT_EQ(s.messages(server)[0]->wire_length, ~0ULL);
}

TEST(Gap, LeavesOpenWhetherAMessageBegan) {
    Session s;
    s.feed(server, wire(server, {.fin = false, .payload = "begun"}), {.sequence = 0});
    s.feed(server, wire(server, {.opcode = 0, .payload = "ended"}) + wire(server, {.payload = "next"}), {.sequence = 1000});
    EXPECT_EQ(s.violations(server), Texts(3));
    EXPECT_EQ(s.texts(server), (Texts{"<gap>", "next"}));
    const auto end = wire(server, {.opcode = 0}) + wire(server, {.payload = "next"});
    s.feed(server, end, {.sequence = 3000});
    ASSERT_EQ(s.violations(server).size(), 5U);
    EXPECT_EQ(s.violations(server)[3], "") << "lost: its beginning";
    s.feed(server, end, {.sequence = static_cast<std::uint32_t>(3000 + end.size())});
    EXPECT_EQ(s.violations(server)[5], "continuation_unexpected") << "nothing was lost here";
}

TEST(Gap, GivesNoNumberTwice) {
    Session s;
    s.feed(server, wire(server, {.payload = "one"}) + wire(server, {.fin = false, .payload = "begun"}), {.sequence = 0});
    s.feed(server, wire(server, {.payload = "three"}) + wire(server, {.payload = "four"}), {.sequence = 1000});
    std::vector<std::uint32_t> numbers;
    for (const auto* frame : s.frames(server))
        numbers.push_back(frame->message);
    EXPECT_EQ(numbers, (std::vector<std::uint32_t>{1, 2, 3, 4}));
}

} // namespace
} // namespace ws::test
