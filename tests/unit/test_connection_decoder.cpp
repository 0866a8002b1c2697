// SPDX-License-Identifier: GPL-2.0-or-later
#include "connection_decoder.hpp"

#include "support.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

using Texts = std::vector<std::string>;

std::string text(Direction direction, const std::string& payload) {
    return wire(direction, {.payload = payload});
}

// A conversation with all that a connection keeps: fragments of both sides at once, control frames,
// compression, faults.
Talk conversation() {
    Deflater up, down;
    return {
        {client, text(client, "hello") + wire(client, {.fin = false, .opcode = 2, .payload = "up 1, "})},
        {server, wire(server, {.fin = false, .rsv1 = true, .payload = down.message("compressed, compressed").substr(0, 9)})},
        {client, wire(client, {.opcode = 9, .payload = "are you there?"})},
        {server, wire(server, {.opcode = 10, .payload = "are you there?"}) + wire(server, {.opcode = 9}) +
                     wire(server, {.opcode = 0, .payload = Deflater().message("compressed, compressed").substr(9)})},
        {client, wire(client, {.opcode = 0, .payload = "up 2"}) + wire(client, {.opcode = 10}) +
                     wire(client, {.rsv1 = true, .payload = up.message(prose(300))})},
        {server, wire(server, {.rsv1 = true, .payload = down.message("compressed, compressed")})},
        {client, wire(client, {.rsv1 = true, .payload = up.message(prose(200))}) + wire(client, {.opcode = 3}) +
                     wire(client, {.rsv2 = true, .payload = "\xff"})},
        {client, wire(client, {.opcode = 8, .payload = close_body(1000, "bye")})},
        {server, wire(server, {.opcode = 8, .payload = close_body(1000, "bye")}) + text(server, "late")},
    };
}

TEST(ConnectionDecoder, TellsTheSameHoweverTheBytesWereSplitAndVisited) {
    EXPECT_EQ(difference_when_split(conversation(), deflate()), "");
    EXPECT_EQ(difference_when_split(conversation(), plain()), "") << "nothing negotiated";
    EXPECT_EQ(difference_when_split(conversation(), deflate_frame()), "");
    EXPECT_EQ(difference_when_split(conversation(), unknown_extension()), "");
}

TEST(ConnectionDecoder, KeepsTheDirectionsApart) {
    Session s(deflate());
    play(s, conversation(), everywhere);
    EXPECT_EQ(s.texts(client), (Texts{"hello", "up 1, up 2", prose(300), prose(200), "\xff"}));
    EXPECT_EQ(s.texts(server), (Texts{"compressed, compressed", "compressed, compressed", "late"}));
    EXPECT_EQ(s.violations(client), (Texts{"", "", "", "", "", "", "", "opcode_reserved", "rsv_set", ""}));
    EXPECT_EQ(s.violations(server), (Texts{"", "", "", "", "", "", "data_after_close"}));
}

TEST(ConnectionDecoder, TellsSeveralPiecesOfOnePacketApart) {
    Session s;
    s.feed(client, text(client, "one").substr(0, 5));
    s.feed(client, text(client, "one").substr(5) + text(client, "two").substr(0, 3), {.same_packet = true});
    s.feed(server, text(server, "between"), {.same_packet = true});
    s.feed(client, text(client, "two").substr(3), {.same_packet = true});
    EXPECT_EQ(s.texts(client), (Texts{"one", "two"}));
    EXPECT_EQ(s.difference_when_visited_again(), "");
}

TEST(ConnectionDecoder, ToldAgainTheSameWhileTheFirstVisitStillGoesOn) {
    // Somebody clicks on packets while a file is still being read.
    const auto talk = conversation();
    Session s(deflate());
    std::mt19937 random(3);
    for (const auto& [direction, bytes] : talk)
        for (std::size_t i = 0; i < bytes.size(); i += 3) {
            s.feed(direction, std::string_view(bytes).substr(i, 3));
            const auto piece = random() % s.facts().size();
            ASSERT_EQ(render(s.again(piece), Detail::all), render(s.facts()[piece], Detail::all)) << piece;
        }
    Session whole(deflate());
    play(whole, talk, nowhere);
    EXPECT_EQ(s.stable_facts(), whole.stable_facts());
}

TEST(ConnectionDecoder, KnowsNothingOfAPieceThatWasNeverFed) {
    TestArena arena;
    ConnectionDecoder connection(plain(), {});
    const auto bytes = text(client, "text");
    const auto piece = [&](Direction d, std::uint32_t packet, std::uint32_t ordinal) {
        return StreamData{.direction = d, .bytes = as_bytes(bytes), .sequence = {}, .packet = packet, .ordinal = ordinal};
    };
    connection.feed(piece(client, 5, 1), true, arena);
    connection.feed(piece(client, 6, 0), false, arena); // nobody will ask for it
    EXPECT_EQ(frames_of(connection.again(piece(client, 5, 1), arena)).size(), 1U);
    for (const auto& never :
         {piece(client, 5, 0), piece(client, 5, 2), piece(client, 4, 1), piece(client, 6, 0), piece(server, 5, 1)})
        EXPECT_TRUE(frames_of(connection.again(never, arena)).empty());
}

TEST(ConnectionDecoder, TellsTheSameTheFirstTimeWhenThereAreNoLaterVisits) {
    TestArena arena;
    ConnectionDecoder once(deflate(), {});
    Session s(deflate());
    std::uint32_t packet = 0;
    for (const auto& [direction, bytes] : conversation())
        for (std::size_t i = 0; i < bytes.size(); i += 5) {
            const auto piece = bytes.substr(i, 5);
            const auto facts =
                once.feed({.direction = direction, .bytes = as_bytes(piece), .sequence = {}, .packet = ++packet, .ordinal = 0},
                          false, arena);
            EXPECT_EQ(render(facts, Detail::all), render(s.feed(direction, piece), Detail::all));
        }
}

TEST(ConnectionDecoder, AnEmptyPieceChangesNothing) {
    Session s;
    const auto frame = text(client, "text");
    s.feed(client, "");
    s.feed(client, frame.substr(0, 3));
    s.feed(client, "");
    s.feed(client, frame.substr(3));
    EXPECT_EQ(s.texts(client), Texts{"text"});
    EXPECT_TRUE(s.facts()[2].events.empty());
    EXPECT_EQ(s.difference_when_visited_again(), "");
}

TEST(ConnectionDecoder, SaysLaterWhereAFrameOrMessageIsComplete) {
    Session s;
    const auto frame = text(server, prose(300));
    s.feed(server, wire(server, {.fin = false, .payload = "begun"}) + wire(server, {.opcode = 9}) +
                       wire(server, {.fin = false, .opcode = 0}) + wire(server, {.opcode = 0}).substr(0, 1));
    s.feed(server, wire(server, {.opcode = 0}).substr(1) + frame.substr(0, 100));
    s.feed(server, frame.substr(100, 100));
    s.feed(server, frame.substr(200) + frame.substr(0, 10));
    EXPECT_EQ(frames_of(s.facts()[0])[0]->reassembled_in, 0U) << "not known yet";
    const auto first = s.again(0), second = s.again(1), third = s.again(2), last = s.again(3);
    EXPECT_EQ(frames_of(first)[0]->reassembled_in, 2U);
    EXPECT_EQ(frames_of(first)[1]->reassembled_in, 0U) << "a control frame";
    EXPECT_EQ(frames_of(first)[2]->reassembled_in, 2U);
    EXPECT_EQ(parts_of(first)[0]->reassembled_in, 2U) << "one byte of a header";
    EXPECT_EQ(frames_of(second)[0]->reassembled_in, 0U) << "completes it";
    EXPECT_EQ(parts_of(second)[0]->reassembled_in, 4U);
    EXPECT_EQ(parts_of(third)[0]->reassembled_in, 4U);
    EXPECT_EQ(frames_of(last)[0]->reassembled_in, 0U);
    EXPECT_EQ(parts_of(last)[0]->reassembled_in, 0U) << "never completed";
}

TEST(ConnectionDecoder, AFrameOrMessageThatWasGivenUpIsCompleteNowhere) {
    const auto frame = text(server, prose(300));
    for (const bool cut : {false, true}) {
        Session s;
        s.feed(server, wire(server, {.fin = false, .payload = "begun"}) + frame.substr(0, 1),
               {.cut = cut ? 999U : 0U, .sequence = 0});
        const auto next = wire(server, {.opcode = 0, .payload = prose(300)});
        s.feed(server, frame + wire(server, {.fin = false}) + next.substr(0, 50), {.sequence = 1000 + 7});
        s.feed(server, next.substr(50));
        EXPECT_EQ(frames_of(s.again(0))[0]->reassembled_in, 0U);
        EXPECT_EQ(parts_of(s.again(0))[0]->reassembled_in, 0U);
        EXPECT_EQ(parts_of(s.again(1)).back()->reassembled_in, 3U);
        EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
    }
}

// -----------------------------------------------------------------------------------------------------------
// ping, pong, close

TEST(ConnectionDecoder, LinksPingAndPong) {
    Session s;
    s.feed(client, wire(client, {.opcode = 9, .payload = "a"}), {.time = 1000});
    s.feed(client, wire(client, {.opcode = 9, .payload = "b"}), {.time = 2000});
    s.feed(server, wire(server, {.opcode = 10, .payload = "unsolicited"}), {.time = 2500});
    s.feed(server, wire(server, {.opcode = 10, .payload = "b"}), {.time = 5000});
    EXPECT_EQ(frames_of(s.facts()[2])[0]->ping_in, 0U);
    EXPECT_EQ(frames_of(s.facts()[3])[0]->ping_in, 2U);
    EXPECT_EQ(frames_of(s.facts()[3])[0]->round_trip, 3000);
    EXPECT_EQ(frames_of(s.facts()[1])[0]->pong_in, 0U) << "not known yet";
    EXPECT_EQ(frames_of(s.again(1))[0]->pong_in, 4U);
    EXPECT_EQ(frames_of(s.again(0))[0]->pong_in, 4U) << "a pong answers earlier ones too";
    EXPECT_EQ(frames_of(s.again(2))[0]->ping_in, 0U);
    EXPECT_EQ(s.difference_when_visited_again(), "");
}

TEST(ConnectionDecoder, LinksNoPingWhoseDataIsNotKnown) {
    Session s;
    const auto ping = wire(client, {.opcode = 9, .payload = "data"});
    s.feed(client, ping.substr(0, 6), {.cut = 4});
    s.feed(server, wire(server, {.opcode = 10}));
    EXPECT_EQ(frames_of(s.facts()[1])[0]->ping_in, 0U) << "an empty pong does not answer it";
    s.feed(server, wire(server, {.opcode = 10, .payload = "data"}).substr(0, 2), {.cut = 4});
    EXPECT_EQ(frames_of(s.facts()[2])[0]->ping_in, 0U);
    EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
}

TEST(ConnectionDecoder, KnowsNoCodeOfAnEmptyCloseFrame) {
    Session s;
    EXPECT_FALSE(s.connection().first_close());
    EXPECT_FALSE(s.connection().closed(server));
    s.feed(server, wire(server, {.opcode = 8}));
    s.feed(client, wire(client, {.opcode = 8, .payload = close_body(1000)}));
    ASSERT_TRUE(s.connection().first_close());
    EXPECT_EQ(s.connection().first_close()->from, server);
    EXPECT_FALSE(s.connection().first_close()->code);
}

TEST(ConnectionDecoder, SaysWhoClosedFirstAndWhichCloseAnswers) {
    for (const auto first : both_directions) {
        const auto second = opposite(first);
        Session s;
        s.feed(first, wire(first, {.opcode = 8, .payload = close_body(1001)}));
        s.feed(second, text(second, "goes on until it answers"));
        s.feed(second, wire(second, {.opcode = 8, .payload = close_body(1001)}));
        s.feed(first, wire(first, {.opcode = 8}));
        s.feed(second, wire(second, {.opcode = 8}));
        ASSERT_TRUE(s.connection().first_close());
        EXPECT_EQ(s.connection().first_close()->from, first);
        EXPECT_EQ(s.connection().first_close()->packet, 1U);
        EXPECT_EQ(s.connection().first_close()->code, 1001);
        EXPECT_TRUE(s.connection().closed(client) && s.connection().closed(server));
        EXPECT_TRUE(frames_of(s.facts()[0])[0]->closes_first);
        EXPECT_EQ(frames_of(s.facts()[0])[0]->close_in, 0U);
        EXPECT_FALSE(frames_of(s.facts()[2])[0]->closes_first);
        EXPECT_EQ(frames_of(s.facts()[2])[0]->close_in, 1U);
        for (const auto i : {3U, 4U}) {
            EXPECT_FALSE(frames_of(s.facts()[i])[0]->closes_first);
            EXPECT_EQ(frames_of(s.facts()[i])[0]->close_in, 0U);
        }
        EXPECT_EQ(s.violations(second)[0], "");
        EXPECT_EQ(s.difference_when_visited_again(), "");
    }
}

// ------------------------------------------------------------------------------------------------- sequence
// numbers of TCP

TEST(Sequence, RetransmissionsAndOverlapsAreNotDecodedTwice) {
    Deflater deflater;
    std::string stream;
    Texts expected;
    for (unsigned i = 0; i < 5; ++i) {
        expected.push_back(prose(40, i % 2));
        stream += wire(client, {.rsv1 = true, .payload = deflater.message(expected.back())});
    }
    for (const std::uint32_t start : {0U, 1000U, 0xfffffff0U}) { // the last wraps
        std::mt19937 random(start);
        for (unsigned round = 0; round < 50; ++round) {
            Session s(deflate());
            std::size_t seen = 0;
            while (seen < stream.size()) {
                const auto from = seen ? random() % (seen + 1) : 0;
                const auto count = 1 + random() % 40;
                s.feed(client, std::string_view(stream).substr(from, count),
                       {.sequence = start + static_cast<std::uint32_t>(from)});
                seen = std::max<std::size_t>(seen, std::min<std::size_t>(stream.size(), from + count));
            }
            ASSERT_EQ(s.texts(client), expected);
            ASSERT_EQ(s.violations(client), Texts(5));
            ASSERT_EQ(s.problem() + s.difference_when_visited_again(round), "");
        }
    }
}

TEST(Sequence, OffsetsCountFromTheBeginningOfThePiece) {
    Session s;
    const auto one = text(server, "one"), two = text(server, "two");
    s.feed(server, one, {.sequence = 0});
    s.feed(server, one + two + "\x81", {.sequence = 0});
    ASSERT_EQ(frames_of(s.facts()[1]).size(), 1U);
    EXPECT_EQ(frames_of(s.facts()[1])[0]->offset, one.size());
    ASSERT_EQ(parts_of(s.facts()[1]).size(), 1U);
    EXPECT_EQ(parts_of(s.facts()[1])[0]->offset, one.size() + two.size());
    EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
}

TEST(Sequence, AKeepAliveIsARetransmission) {
    Session s;
    const auto one = text(client, "one"), two = text(client, "two");
    const auto next = static_cast<std::uint32_t>(one.size());
    s.feed(client, one, {.sequence = 0});
    s.feed(client, "\0"sv, {.sequence = next - 1});
    s.feed(client, "", {.sequence = next - 1});
    s.feed(client, two, {.sequence = next});
    EXPECT_EQ(s.texts(client), (Texts{"one", "two"}));
    EXPECT_EQ(s.violations(client), Texts(2));
    EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
}

TEST(Sequence, AGapIsToldAndTheOtherDirectionIsNotAffected) {
    Session s;
    const auto lost = text(client, "lost"), next = text(client, "next") + text(client, "and one more");
    s.feed(client, text(client, "first"), {.sequence = 100});
    s.feed(server, text(server, "one"), {.sequence = 0});
    s.feed(client, next, {.sequence = static_cast<std::uint32_t>(100 + text(client, "first").size() + lost.size())});
    s.feed(server, text(server, "two"), {.sequence = static_cast<std::uint32_t>(text(server, "one").size())});
    EXPECT_EQ(s.texts(client), (Texts{"first", "next", "and one more"}));
    EXPECT_EQ(s.texts(server), (Texts{"one", "two"}));
    ASSERT_EQ(skipped_by(s.facts()[2]).size(), 1U);
    EXPECT_EQ(skipped_by(s.facts()[2])[0]->reason, Undecoded::gap);
    EXPECT_TRUE(frames_of(s.facts()[2])[0]->resynchronised);
    EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
}

TEST(Sequence, WhatFillsAGapTooLateIsNotDecoded) {
    Session s;
    const auto one = text(client, "one"), late = text(client, "late"), two = text(client, "two");
    const auto at = [&](std::size_t offset) { return How{.sequence = static_cast<std::uint32_t>(offset)}; };
    s.feed(client, one, at(0));
    s.feed(client, two, at(one.size() + late.size()));
    s.feed(client, late, at(one.size()));
    s.feed(client, two, at(one.size() + late.size() + two.size()));
    EXPECT_EQ(s.texts(client), (Texts{"one", "two", "two"}));
    EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
}

TEST(Sequence, ACutPieceCountsWithWhatWasCutOff) {
    const auto frame = text(server, std::string(300, 'x')), next = text(server, "next");
    const auto end = static_cast<std::uint32_t>(frame.size());
    Session s;
    s.feed(server, frame.substr(0, 100), {.cut = frame.size() - 100, .sequence = 0});
    s.feed(server, frame.substr(0, 100), {.cut = frame.size() - 100, .sequence = 0}); // again, all of it
    s.feed(server, next, {.sequence = end});
    EXPECT_EQ(s.texts(server), (Texts{"<truncated>", "next"}));
    EXPECT_EQ(s.violations(server), Texts(2));
    EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
}

TEST(Sequence, ACutPieceMayRepeatAPartOfWhatWasCutOff) {
    const auto frame = text(server, std::string(300, 'x')), next = text(server, "next");
    Session s;
    s.feed(server, frame.substr(0, 100), {.cut = 100, .sequence = 0});
    s.feed(server, frame.substr(0, 100), {.cut = frame.size() - 100, .sequence = 0}); // 200 bytes of it for the second time
    s.feed(server, next, {.sequence = static_cast<std::uint32_t>(frame.size())});
    EXPECT_EQ(s.texts(server), (Texts{"<truncated>", "next"}));
    EXPECT_FALSE(s.frames(server)[1]->resynchronised);
    EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
}

// ---------------------------------------------------------------------------------------------- without the
// opening handshake

TEST(MidStream, BeginsAtTheFirstBoundaryOfEachDirection) {
    Session s{Negotiated{}};
    s.feed(client, "tail of a frame" + text(client, "one") + text(client, "two"));
    s.feed(server, text(server, "three"));
    s.feed(client, text(client, "four"));
    EXPECT_EQ(s.texts(client), (Texts{"one", "two", "four"}));
    EXPECT_EQ(s.texts(server), Texts{"three"});
    EXPECT_EQ(skipped_by(s.facts()[0])[0]->reason, Undecoded::gap);
    EXPECT_EQ(skipped_by(s.facts()[0])[0]->length, 15U);
    EXPECT_TRUE(s.frames(client)[0]->resynchronised && s.frames(server)[0]->resynchronised);
    EXPECT_FALSE(s.frames(client)[1]->resynchronised || s.frames(client)[2]->resynchronised);
    EXPECT_EQ(s.violations(client), Texts(3));
    EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
}

TEST(MidStream, SearchesOnUntilThereIsABoundary) {
    Session s{Negotiated{}};
    const auto big = wire(server, {.payload = prose(4000)});
    s.feed(server, big.substr(1000, 1000));
    s.feed(server, big.substr(2000, 1000));
    s.feed(server, big.substr(3000) + text(server, "found"));
    s.feed(server, text(server, "next"));
    EXPECT_EQ(s.texts(server), (Texts{"found", "next"}));
    EXPECT_EQ(s.violations(server), Texts(2));
    EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
}

TEST(MidStream, TakesRsv1ForCompression) {
    Deflater deflater;
    Session s{Negotiated{}};
    deflater.message("abcdefghij, before the capture");
    for (const auto* payload : {"abcdefghij, before the capture", "0123456789"})
        s.feed(client, wire(client, {.rsv1 = true, .payload = deflater.message(payload)}));
    EXPECT_EQ(s.texts(client), (Texts{"<no_context>", "0123456789"}));
    EXPECT_EQ(s.violations(client), Texts(2));
    EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
}

} // namespace
} // namespace ws::test
