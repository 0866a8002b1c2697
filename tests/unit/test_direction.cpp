// SPDX-License-Identifier: GPL-2.0-or-later
#include "direction.hpp"

#include "support.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

using Texts = std::vector<std::string>;

/// Plays the stream whole, and expects the same facts however it is split.
Session decoded(Direction direction, const std::string& bytes, const Negotiated& negotiated = plain(), Limits limits = {}) {
    EXPECT_EQ(difference_when_split({{direction, bytes}}, negotiated, limits), "");
    Session session(negotiated, limits);
    session.feed(direction, bytes);
    return session;
}

/// Each frame of `frames`, masked if a client sends them, one after the other.
std::string joined(Direction direction, const std::vector<WireFrame>& frames) {
    std::string out;
    for (const auto& frame : frames)
        out += wire(direction, frame);
    return out;
}

// -----------------------------------------------------------------------------------------------------------
// frames, messages

TEST(Direction, DecodesTheExamplesOfRfc6455) {
    const auto s = decoded(server, "\x81\x05Hello"
                                   "\x01\x03Hel"
                                   "\x80\x02lo"
                                   "\x89\x05Hello"s +
                                       "\x82\x7e\x01\x00"s + std::string(256, 'b') + "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s +
                                       std::string(65536, 'c'));
    EXPECT_EQ(s.texts(server), (Texts{"Hello", "Hello", std::string(256, 'b'), std::string(65536, 'c')}));
    EXPECT_EQ(s.findings(server), Texts(6));

    const auto c = decoded(client, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    EXPECT_EQ(c.texts(client), Texts{"Hello"});
    EXPECT_EQ(str(c.frames(client)[1]->payload), "Hello");
    EXPECT_EQ(c.findings(client), Texts(2));
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

TEST(Direction, JoinsFragmentsWithControlFramesBetween) {
    for (const auto direction : both_directions) {
        const auto s = decoded(direction, joined(direction, {{.fin = false, .opcode = 2, .payload = "one "},
                                                             {.opcode = 9, .payload = "ping"},
                                                             {.fin = false, .opcode = 0, .payload = "two "},
                                                             {.opcode = 10, .payload = "ping"},
                                                             {.opcode = 0, .payload = "three"},
                                                             {.payload = "next"}}));
        EXPECT_EQ(s.texts(direction), (Texts{"one two three", "next"}));
        EXPECT_EQ(s.findings(direction), Texts(6));
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
        EXPECT_EQ(s.findings(direction), Texts(s.frames(direction).size()));
        for (const auto* m : s.messages(direction))
            EXPECT_EQ(m->text, m->opcode == 1);
    }
}

TEST(Direction, UnmasksAndKeepsThePayloadAsSent) {
    const auto text = prose(1000);
    for (const auto& key : {"\0\0\0\0"s, "\1\2\3\4"s, "\xff\xfe\xfd\xfc"s}) {
        const auto s = decoded(client, wire({.key = key, .payload = text}));
        const auto& f = *s.frames(client)[0];
        EXPECT_EQ(str(f.payload), text);
        EXPECT_EQ(str(f.bytes), wire({.key = key, .payload = text}));
        EXPECT_EQ(s.texts(client), Texts{text});
    }
}

TEST(Direction, KeepsPayloadsOfAnySize) {
    for (const std::size_t size : {125U, 126U, 65535U, 65536U, 262144U, 3000000U}) {
        const auto data = noise(size);
        Session s;
        const auto bytes = wire(client, {.opcode = 2, .payload = data});
        for (std::size_t at = 0; at < bytes.size(); at += 1448)
            s.feed(client, std::string_view(bytes).substr(at, 1448));
        ASSERT_EQ(s.texts(client), Texts{data}) << size;
        EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
    }
}

TEST(Direction, TellsOfAFrameThatGoesOnWhatIsKnown) {
    Session s;
    const auto bytes = wire(server, {.opcode = 2, .payload = std::string(1000, 'x')});
    const auto rest_of = [&](std::size_t from, std::size_t count) {
        const auto& facts = s.feed(server, std::string_view(bytes).substr(from, count));
        EXPECT_TRUE(frames_of(facts).empty());
        EXPECT_EQ(parts_of(facts).size(), 1U);
        return *parts_of(facts)[0];
    };
    EXPECT_FALSE(rest_of(0, 3).header_known);
    auto rest = rest_of(3, 100);
    EXPECT_TRUE(rest.header_known);
    EXPECT_EQ(rest.header.payload_length, 1000U);
    EXPECT_EQ(rest.have, 103U);
    EXPECT_EQ(rest_of(103, 500).have, 603U);
    EXPECT_EQ(frames_of(s.feed(server, std::string_view(bytes).substr(603))).size(), 1U);
}

// -----------------------------------------------------------------------------------------------------------
// deflate

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
            EXPECT_EQ(s.findings(direction), Texts(8));
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
    EXPECT_EQ(c.findings(client), (Texts{"", "", "", "inflate_failed"}));
    const auto s = decoded(server, joined(server, {far, first, second}), negotiated);
    EXPECT_EQ(s.findings(server), (Texts{"window_exceeded", "", ""}));
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
            EXPECT_EQ(s.findings(direction), Texts(4));
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
    EXPECT_EQ(s.findings(server), Texts(4));
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
    EXPECT_EQ(s.findings(client), Texts(7));
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
        EXPECT_EQ(s.findings(server), Texts(4));
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
        EXPECT_EQ(s.findings(direction), (Texts{"", "inflate_failed", "", "", "", ""}));
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
    EXPECT_EQ(s.findings(server), (Texts{"", "", "data_interleaved"}));
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
    EXPECT_EQ(s.findings(server), Texts(5));
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

TEST(Deflate, WindowExceededExactlyBeyondTheBorder) {
    for (unsigned bits = 8; bits <= 14; ++bits)
        for (const auto direction : both_directions)
            for (const unsigned over : {0U, 1U}) {
                const auto past = noise((1U << bits) + 1, bits);
                Session s(deflate(static_cast<std::uint8_t>(bits)));
                s.feed(direction,
                       joined(direction,
                              {{.rsv1 = true, .opcode = 2, .payload = FixedBlock().literals(past).message()},
                               {.rsv1 = true, .opcode = 2, .payload = FixedBlock().match(3, (1U << bits) + over).message()}}));
                EXPECT_EQ(s.findings(direction), (Texts{"", over ? "window_exceeded" : ""})) << bits;
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
        EXPECT_EQ(s.findings(direction), Texts(8));
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
        EXPECT_EQ(s.findings(server), first_is_bad ? (Texts{"inflate_failed", "", ""}) : (Texts{"", "inflate_failed", ""}));
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
    EXPECT_EQ(s.findings(server), Texts(5));
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
        EXPECT_EQ(s.findings(direction), Texts(4));
        EXPECT_FALSE(s.messages(direction)[0]->text);
        EXPECT_TRUE(s.messages(direction)[2]->text);
        const auto d = decoded(direction,
                               joined(direction, {{.rsv1 = true, .payload = bad},
                                                  {.rsv1 = true, .payload = "\x06"},
                                                  {.rsv1 = true, .opcode = 2, .payload = far}}),
                               beside_deflate);
        EXPECT_EQ(d.findings(direction), Texts(3));
    }
}

// -----------------------------------------------------------------------------------------------------------
// rules

struct Rule {
    const char* finding;
    std::vector<WireFrame> frames;
    Texts expected; ///< Of each frame.
    Negotiated negotiated = plain();
};

std::vector<Rule> rules_of_either_direction() {
    const WireFrame text{.payload = "text"}, part{.fin = false, .payload = "te"}, end{.opcode = 0, .payload = "xt"};
    const auto close = [](std::string body) { return WireFrame{.opcode = 8, .payload = std::move(body)}; };
    const auto hello = "\xf2\x48\xcd\xc9\xc9\x07\x00"s;
    std::vector<Rule> rules = {
        {"rsv_set", {{.rsv1 = true}, {.rsv2 = true}, {.rsv3 = true, .opcode = 2}, text}, {"rsv_set", "rsv_set", "rsv_set", ""}},
        {"rsv_set", {{.rsv1 = true, .opcode = 9}, {.rsv2 = true, .opcode = 10}, text}, {"rsv_set", "rsv_set", ""}},
        {"rsv_set", {part, {.rsv1 = true, .opcode = 0}, text}, {"", "rsv_set", ""}},
        {"rsv_set", {{.rsv2 = true, .payload = "x"}, {.rsv1 = true, .payload = hello}}, {"rsv_set", ""}, deflate()},
        {"opcode_reserved",
         {{.opcode = 3}, {.opcode = 7}, {.opcode = 11}, {.opcode = 15}, text},
         {"opcode_reserved", "opcode_reserved", "opcode_reserved", "opcode_reserved", ""}},
        {"opcode_reserved", {part, {.opcode = 5}, end}, {"", "opcode_reserved", ""}},
        {"length_not_minimal",
         {{.payload = "", .length_size = 2}, {.payload = "x", .length_size = 8}, text},
         {"length_not_minimal", "length_not_minimal", ""}},
        {"length_not_minimal",
         {{.payload = std::string(125, 'a'), .length_size = 2}, {.payload = std::string(126, 'a')}, text},
         {"length_not_minimal", "", ""}},
        {"length_not_minimal", {{.opcode = 9, .payload = "x", .length_size = 2}, text}, {"length_not_minimal", ""}},
        {"control_too_long",
         {{.opcode = 9, .payload = std::string(125, 'x')},
          {.opcode = 9, .payload = std::string(126, 'x')},
          {.opcode = 10, .payload = std::string(300, 'x')},
          text},
         {"", "control_too_long", "control_too_long", ""}},
        {"control_too_long", {close(close_body(1000, std::string(124, 'x')))}, {"control_too_long"}},
        {"control_fragmented",
         {{.fin = false, .opcode = 9}, {.fin = false, .opcode = 10}, text},
         {"control_fragmented", "control_fragmented", ""}},
        {"control_fragmented", {part, {.fin = false, .opcode = 8}}, {"", "control_fragmented"}},
        {"control_compressed",
         {{.rsv1 = true, .opcode = 9}, {.rsv1 = true, .opcode = 10}, text, {.rsv1 = true, .opcode = 8}},
         {"control_compressed", "control_compressed", "", "control_compressed"},
         deflate()},
        {"continuation_unexpected", {end, text, end, text}, {"continuation_unexpected", "", "continuation_unexpected", ""}},
        {"continuation_unexpected", {part, end, end, text}, {"", "", "continuation_unexpected", ""}},
        {"continuation_compressed", {part, {.rsv1 = true, .opcode = 0}, text}, {"", "continuation_compressed", ""}, deflate()},
        {"continuation_compressed",
         {{.fin = false, .rsv1 = true, .payload = hello.substr(0, 3)}, {.rsv1 = true, .opcode = 0, .payload = hello.substr(3)}},
         {"", "continuation_compressed"},
         deflate()},
        {"data_interleaved", {part, text, text}, {"", "data_interleaved", ""}},
        {"data_interleaved", {part, {.fin = false, .opcode = 2}, end, text}, {"", "data_interleaved", "", ""}},
        {"close_length", {close("x")}, {"close_length"}},
        {"close_reason_not_utf8", {close(close_body(1000, "good \xff"))}, {"close_reason_not_utf8"}},
        {"close_reason_not_utf8", {close(close_body(1000, "half \xe2\x82"))}, {"close_reason_not_utf8"}},
        {"close_reason_not_utf8", {close(close_body(1000, "\xed\xa0\x80"))}, {"close_reason_not_utf8"}},
        {"data_after_close",
         {close(close_body(1000)), text, part, end, {.opcode = 2}},
         {"", "data_after_close", "data_after_close", "data_after_close", "data_after_close"}},
        {"data_after_close", {part, close(""), end}, {"", "", "data_after_close"}},
        {"inflate_failed",
         {{.rsv1 = true, .payload = "\x06"}, {.rsv1 = true, .payload = hello}},
         {"inflate_failed", ""},
         deflate()},
        {"inflate_failed",
         {{.fin = false, .rsv1 = true, .payload = "\x06"}, {.opcode = 0}, text},
         {"", "inflate_failed", ""},
         deflate()},
        {"inflate_failed", {{.rsv1 = true, .payload = "\x06"}, text}, {"inflate_failed", ""}, deflate_frame()},
        {"rsv_set",
         {{.rsv1 = true, .opcode = 9}, {.rsv1 = true, .payload = hello}, {.rsv1 = true, .opcode = 10}},
         {"rsv_set", "", "rsv_set"},
         deflate_frame()},
        {"window_exceeded",
         {{.rsv1 = true, .opcode = 2, .payload = FixedBlock().literals(noise(257)).match(3, 257).message()}, text},
         {"window_exceeded", ""},
         deflate(8)},
        {"text_not_utf8", {{.payload = "bad \xff"}, text}, {"text_not_utf8", ""}},
        {"text_not_utf8", {{.payload = "half \xe2\x82"}, text}, {"text_not_utf8", ""}},
        {"text_not_utf8", {{.fin = false, .payload = "bad \xff"}, end, text}, {"text_not_utf8", "", ""}},
        {"text_not_utf8", {{.fin = false, .payload = "\xe2\x82"}, end, text}, {"", "text_not_utf8", ""}},
        {"text_not_utf8", {{.fin = false, .payload = "\xe2\x82"}, {.opcode = 0}, text}, {"", "text_not_utf8", ""}},
        {"text_not_utf8", {{.payload = "\xff"}, text}, {"text_not_utf8", ""}, deflate()},
        {"text_not_utf8", {{.rsv1 = true, .payload = Deflater().message("bad \xff")}, text}, {"text_not_utf8", ""}, deflate()},
        {"text_not_utf8",
         {{.rsv1 = true, .payload = Deflater().message("bad \xff")}, text},
         {"text_not_utf8", ""},
         deflate_frame()},
    };
    for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 2999U, 5000U, 65535U})
        rules.push_back({"close_code_invalid", {close(close_body(code))}, {"close_code_invalid"}});
    return rules;
}

TEST(Rules, EachIsReportedOnTheFrameThatBreaksItAndNothingElseIs) {
    for (const auto& rule : rules_of_either_direction())
        for (const auto direction : both_directions) {
            const auto s = decoded(direction, joined(direction, rule.frames), rule.negotiated);
            EXPECT_EQ(s.findings(direction), rule.expected) << rule.finding;
            EXPECT_TRUE(s.frames(opposite(direction)).empty());
        }
}

TEST(Rules, EveryFrameRuleHasACase) {
    std::string cases = "client_unmasked server_masked length_msb_set "; // tested below
    for (const auto& rule : rules_of_either_direction())
        cases += rule.finding + " "s;
    for (const auto& row : finding_table())
        EXPECT_EQ(cases.find(row.name + " "s) != std::string::npos, row.where != Where::handshake) << row.name;
}

TEST(Rules, MaskingIsDemandedOfClientsAndForbiddenToServers) {
    for (const unsigned opcode : {1U, 2U, 8U, 9U, 10U}) {
        const WireFrame bare{.opcode = opcode}, masked{.opcode = opcode, .key = "abcd"};
        EXPECT_EQ(decoded(client, wire(bare) + wire(masked)).findings(client)[0], "client_unmasked");
        EXPECT_EQ(decoded(server, wire(masked) + wire(bare)).findings(server)[0], "server_masked");
        EXPECT_EQ(decoded(client, wire(masked)).findings(client), Texts{""});
        EXPECT_EQ(decoded(server, wire(bare)).findings(server), Texts{""});
    }
    EXPECT_EQ(decoded(client, wire({.payload = "text"})).texts(client), Texts{"text"}) << "decoded all the same";
    EXPECT_EQ(decoded(server, wire({.key = "abcd", .payload = "text"})).texts(server), Texts{"text"});
}

TEST(Rules, CorrectTrafficBreaksNone) {
    Deflater deflater;
    const auto compressed = deflater.message("compressed"), again = deflater.message("compressed");
    std::vector<std::vector<WireFrame>> cases = {
        {{.opcode = 10}, {.opcode = 10, .payload = "unsolicited"}},
        {{}, {.opcode = 2}, {.fin = false}, {.opcode = 0}},
        {{.opcode = 8}},
        {{.fin = false, .payload = "never finished"}, {.opcode = 8}},
        {{.opcode = 8, .payload = close_body(1000)}, {.opcode = 9}, {.opcode = 10}},
        {{.opcode = 9, .payload = std::string(125, '\xff')}, {.opcode = 8, .payload = close_body(1000, std::string(123, 'r'))}},
        {{.rsv1 = true, .payload = compressed}, {.payload = "plain"}, {.rsv1 = true, .payload = again}},
        {{.opcode = 2, .payload = "\xff\xfe\x80 no text"}},
        {{.payload = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5 \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf \xef\xbf\xbf"}},
    };
    for (const unsigned code : {1000U, 1001U, 1002U, 1003U, 1007U, 1008U, 1014U, 3000U, 3999U, 4000U, 4999U})
        cases.push_back({{.opcode = 8, .payload = close_body(code, "caf\xc3\xa9")}});
    const std::string split = "\xce\xba\xe1\xbd\xb9\xf0\x9f\x98\x80";
    for (std::size_t i = 0; i <= split.size(); ++i)
        cases.push_back(
            {{.fin = false, .payload = split.substr(0, i)}, {.opcode = 9}, {.opcode = 0, .payload = split.substr(i)}});
    for (const auto& frames : cases)
        for (const auto direction : both_directions)
            EXPECT_EQ(decoded(direction, joined(direction, frames), deflate()).findings(direction), Texts(frames.size()));
}

TEST(Rules, WhatTheCaptureLacksBreaksNone) {
    // The handshake was not seen: any extension may have been negotiated.
    Session s{Negotiated{}};
    s.feed(server, joined(server, {{.rsv1 = true, .payload = "\x06 not deflate"},
                                   {.rsv1 = true, .payload = "\xf2\x48\xcd\xc9\xc9\x07\x00"s},
                                   {.rsv1 = true, .payload = FixedBlock().match(3, 3000).message()}}));
    EXPECT_EQ(s.findings(server), Texts(3));
    EXPECT_EQ(s.texts(server), (Texts{"<no_context>", "Hello", "<no_context>"}));

    s.feed(server, joined(server, {{.rsv2 = true, .opcode = 3}, {.opcode = 15}}));
    EXPECT_EQ(s.findings(server), Texts(5));

    Session continued{Negotiated{}};
    continued.feed(client, joined(client, {{.fin = false, .opcode = 0, .payload = "\xe2\x82"},
                                           {.opcode = 0, .payload = "\xac of a message that began before"},
                                           {.payload = "next"}}));
    EXPECT_EQ(continued.findings(client), Texts(3));
    EXPECT_EQ(continued.texts(client), (Texts{"<gap>", "next"}));
    EXPECT_TRUE(continued.frames(client)[0]->resynchronised);
    EXPECT_FALSE(continued.frames(client)[1]->resynchronised);
}

TEST(Rules, AFrameWithSeveralFaultsReportsEach) {
    const auto c = decoded(
        client,
        wire({.fin = false, .rsv1 = true, .rsv3 = true, .opcode = 9, .payload = std::string(200, 'x'), .length_size = 8}) +
            wire(client, {.payload = "goes on"}));
    EXPECT_EQ(c.findings(client), (Texts{"rsv_set client_unmasked length_not_minimal control_too_long control_fragmented", ""}));
    EXPECT_EQ(c.texts(client), Texts{"goes on"});

    const auto d = decoded(server,
                           joined(server, {{.fin = false, .payload = "unfinished"},
                                           {.rsv2 = true, .key = "abcd", .payload = "\xff", .length_size = 2},
                                           {.rsv1 = true, .rsv2 = true, .opcode = 8, .payload = close_body(1005, "\xff")},
                                           {.rsv1 = true, .opcode = 0},
                                           {.opcode = 3}}),
                           deflate());
    EXPECT_EQ(d.findings(server),
              (Texts{"", "rsv_set server_masked length_not_minimal data_interleaved",
                     "rsv_set control_compressed close_code_invalid close_reason_not_utf8",
                     "continuation_unexpected continuation_compressed data_after_close", "opcode_reserved data_after_close"}));
}

TEST(Rules, TellWhereTextGoesWrong) {
    const std::pair<const char*, std::uint32_t> cases[] = {{"abc\xff", 3}, {"\xe2\x82x", 2}, {"abc\xe2\x82", 4}, {"\x80", 0}};
    for (const auto& [text, offset] : cases) {
        EXPECT_EQ(decoded(server, wire({.payload = text})).frames(server)[0]->finding_offset, offset) << offset;
        EXPECT_EQ(
            decoded(client, wire(client, {.opcode = 8, .payload = close_body(1000, text)})).frames(client)[0]->finding_offset,
            offset + 2);
    }
    const auto s = decoded(server, wire({.fin = false, .payload = "\xe2"}) + wire({.opcode = 0, .payload = "\x82x"}));
    EXPECT_EQ(s.findings(server), (Texts{"", "text_not_utf8"}));
    EXPECT_EQ(s.frames(server)[1]->finding_offset, 1U);
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
                        const auto found = s.findings(direction);
                        ASSERT_EQ(found[0] + found[1], "text_not_utf8") << hex(as_bytes(text)) << " at " << i;
                        ASSERT_EQ(found[2], "");
                        ASSERT_FALSE(s.messages(direction)[0]->text);
                    }
                }
        }
}

// -----------------------------------------------------------------------------------------------------------
// lengths

TEST(Length, IsToldAtOnceWithoutWaitingWhenNoBufferCouldHoldIt) {
    for (const std::uint64_t length : {(1ULL << 32) + 5, (1ULL << 62) + 1, (1ULL << 63) - 1, 1ULL << 63, ~0ULL})
        for (const auto direction : both_directions)
            for (const unsigned opcode : {2U, 9U}) {
                const auto bytes = wire(direction, {.opcode = opcode, .length = length}) + std::string(300, 'x');
                EXPECT_EQ(difference_when_split({{direction, bytes}}), "");
                Session s;
                for (std::size_t i = 0; i < bytes.size(); ++i)
                    s.feed(direction, bytes.substr(i, 1));
                ASSERT_EQ(s.frames(direction).size(), 1U);
                const auto& f = *s.frames(direction)[0];
                EXPECT_EQ(f.header.payload_length, length);
                EXPECT_EQ(f.undecoded, Undecoded::limit);
                EXPECT_EQ(names(f.findings), std::string(length >> 63 ? "length_msb_set" : "") +
                                                 (length >> 63 && opcode == 9 ? " " : "") +
                                                 (opcode == 9 ? "control_too_long" : ""));
                EXPECT_FALSE(frames_of(s.facts()[direction == client ? 13 : 9]).empty()) << "on the last byte of the header";
                EXPECT_LT(s.memory(), 1000000U);

                s.feed(opposite(direction), wire(opposite(direction), {.payload = "not affected"}));
                EXPECT_EQ(s.texts(opposite(direction)), Texts{"not affected"});
                EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
            }
}

TEST(Length, OfUpTo1GiBIsWaitedForWithoutMemory) {
    for (const auto direction : both_directions) {
        Session s;
        s.feed(direction, wire(direction, {.opcode = 2, .length = (1U << 30) - 100}) + std::string(1000, 'x'));
        EXPECT_TRUE(s.frames(direction).empty());
        ASSERT_EQ(parts_of(s.facts()[0]).size(), 1U);
        EXPECT_EQ(parts_of(s.facts()[0])[0]->header.payload_length, (1U << 30) - 100);
        EXPECT_LT(s.memory(), 10000U);
    }
}

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

TEST(Length, SumsDoNotWrap) {
    const auto s =
        decoded(server, joined(server, {{.fin = false, .opcode = 2, .payload = "begun"}, {.opcode = 0, .length = ~0ULL}}));
    ASSERT_EQ(s.messages(server).size(), 1U);
    EXPECT_EQ(s.messages(server)[0]->wire_length, ~0ULL);
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

// -----------------------------------------------------------------------------------------------------------
// gaps

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

TEST(Gap, InsideAPayloadCostsThatMessageOnly) {
    const auto frame = wire(server, {.payload = std::string(500, 'x')}), next = wire(server, {.payload = "next"});
    for (const std::size_t from : {4U, 5U, 100U, 503U})
        for (const std::size_t to : {from + 1, std::size_t{504}}) {
            Session s;
            s.feed(server, frame.substr(0, from), {.sequence = 0});
            s.feed(server, frame.substr(to) + next + next.substr(0, 3), {.sequence = static_cast<std::uint32_t>(to)});
            s.feed(server, next.substr(3));
            EXPECT_EQ(s.texts(server), (Texts{"<gap>", "next", "next"})) << from << " to " << to;
            EXPECT_EQ(s.findings(server), Texts(3));
            EXPECT_EQ(s.frames(server)[0]->undecoded, Undecoded::gap);
            EXPECT_FALSE(s.frames(server)[1]->resynchronised);
            EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
        }
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
        EXPECT_EQ(s.findings(server), Texts(s.frames(server).size()));
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

TEST(Gap, LeavesOpenWhetherAMessageBegan) {
    Session s;
    s.feed(server, wire(server, {.fin = false, .payload = "begun"}), {.sequence = 0});
    s.feed(server, wire(server, {.opcode = 0, .payload = "ended"}) + wire(server, {.payload = "next"}), {.sequence = 1000});
    EXPECT_EQ(s.findings(server), Texts(3));
    EXPECT_EQ(s.texts(server), (Texts{"<gap>", "next"}));
    const auto end = wire(server, {.opcode = 0}) + wire(server, {.payload = "next"});
    s.feed(server, end, {.sequence = 3000});
    ASSERT_EQ(s.findings(server).size(), 5U);
    EXPECT_EQ(s.findings(server)[3], "") << "lost: its beginning";
    s.feed(server, end, {.sequence = static_cast<std::uint32_t>(3000 + end.size())});
    EXPECT_EQ(s.findings(server)[5], "continuation_unexpected") << "nothing was lost here";
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

TEST(Cut, InsideAPayloadIsTruncatedAndGoesOn) {
    for (const auto direction : both_directions) {
        const auto frame = wire(direction, {.payload = std::string(500, 'x')});
        const auto header = frame.size() - 500;
        for (const std::size_t kept : {header, header + 1, frame.size() - 1}) {
            Session s;
            s.feed(direction, wire(direction, {.payload = "before"}) + frame.substr(0, kept), {.cut = frame.size() - kept});
            s.feed(direction, wire(direction, {.payload = "next"}));
            EXPECT_EQ(s.texts(direction), (Texts{"before", "<truncated>", "next"}));
            EXPECT_EQ(s.findings(direction), Texts(3));
            EXPECT_EQ(str(s.frames(direction)[1]->payload), std::string(kept - header, 'x')) << "what there is of it";
            EXPECT_EQ(s.frames(direction)[1]->header.payload_length, 500U);
            EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
        }
    }
}

TEST(Cut, OfAFrameOverSeveralPiecesIsTruncated) {
    const auto frame = wire(server, {.payload = std::string(500, 'x')});
    Session s;
    s.feed(server, frame.substr(0, 100), {.cut = 50});
    s.feed(server, frame.substr(150, 100), {.cut = 50});
    s.feed(server, frame.substr(300, 100), {.cut = frame.size() - 400});
    s.feed(server, wire(server, {.payload = "next"}));
    EXPECT_EQ(s.texts(server), (Texts{"<truncated>", "next"}));
    EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
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
