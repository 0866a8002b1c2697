// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame_reader.hpp"

#include "decoding.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

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

TEST(Direction, TellsWhichPacketsBroughtAFrame) {
    using Segments = std::vector<std::pair<std::uint32_t, std::uint32_t>>;
    const auto of = [](const Facts& facts) {
        Segments found;
        for (const auto* frame : frames_of(facts))
            for (const auto& segment : frame->segments)
                found.emplace_back(segment.packet, segment.length);
        return found;
    };
    const auto bytes = wire(server, {.payload = "Hello"}) + wire(server, {.payload = "all of it here"}) + wire(server, {});
    Session s;
    const std::string_view pieces[] = {{bytes.data(), 1}, {bytes.data() + 1, 9}, {bytes.data() + 10, bytes.size() - 10}};
    const Segments expected[] = {{}, {{1, 1}, {2, 6}}, {{2, 3}, {3, 13}}};
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(of(s.feed(server, pieces[i])), expected[i]);
    for (const std::size_t i : {2U, 1U, 0U, 1U})
        EXPECT_EQ(of(s.again(i)), expected[i]);
}

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
                EXPECT_EQ(names(f.violations), std::string(length >> 63 ? "length_msb_set" : "") +
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

TEST(Gap, InsideAPayloadCostsThatMessageOnly) {
    const auto frame = wire(server, {.payload = std::string(500, 'x')}), next = wire(server, {.payload = "next"});
    for (const std::size_t from : {4U, 5U, 100U, 503U})
        for (const std::size_t to : {from + 1, std::size_t{504}}) {
            Session s;
            s.feed(server, frame.substr(0, from), {.sequence = 0});
            s.feed(server, frame.substr(to) + next + next.substr(0, 3), {.sequence = static_cast<std::uint32_t>(to)});
            s.feed(server, next.substr(3));
            EXPECT_EQ(s.texts(server), (Texts{"<gap>", "next", "next"})) << from << " to " << to;
            EXPECT_EQ(s.violations(server), Texts(3));
            EXPECT_EQ(s.frames(server)[0]->undecoded, Undecoded::gap);
            EXPECT_FALSE(s.frames(server)[1]->resynchronised);
            EXPECT_EQ(s.problem() + s.difference_when_visited_again(), "");
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
            EXPECT_EQ(s.violations(direction), Texts(3));
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

// -----------------------------------------------------------------------------------------------------------
// the reader by itself

struct Reading {
    TestArena arena;
    FrameReader::Position position;
    std::vector<Frame> frames;
    std::vector<std::string> chunks;

    FrameReader::Result read(std::string bytes) {
        const Arena of_packet = arena;
        chunks.push_back(std::move(bytes));
        FrameReader reader(position, as_bytes(chunks.back()), false, of_packet);
        auto result = FrameReader::Result::more;
        while (reader.at() < chunks.back().size()) {
            Frame frame;
            result = reader.read(frame);
            if (result != FrameReader::Result::more)
                frames.push_back(frame);
            if (result == FrameReader::Result::too_long)
                break;
        }
        return result;
    }
};

TEST(FrameReader, NamesItsState) {
    using enum FrameReader::State;
    const auto frame = wire(client, {.payload = "text"});
    for (std::size_t size = 0; size <= frame.size(); ++size) {
        Reading r;
        r.read(frame.substr(0, size));
        EXPECT_EQ(r.position.state, size == 0 || size == frame.size() ? at_boundary : size < 6 ? in_header : in_payload);
        EXPECT_EQ(r.position.rest_of_frame(as_bytes(frame).subspan(size)),
                  size == 0 || size == frame.size() ? 0U : frame.size() - size);
        EXPECT_EQ(r.frames.size(), size == frame.size());
    }
}

TEST(FrameReader, DoesNotPassWhatIsTooLong) {
    const auto bytes = wire(server, {.opcode = 2, .length = FrameReader::longest_frame}) + "payload";
    for (std::size_t cut = 0; cut < 10; ++cut) {
        Reading r;
        r.read(bytes.substr(0, cut));
        EXPECT_EQ(r.read(bytes.substr(cut)), FrameReader::Result::too_long);
        ASSERT_EQ(r.frames.size(), 1U);
        EXPECT_EQ(r.frames[0].undecoded, Undecoded::limit);
        EXPECT_EQ(str(r.frames[0].bytes), bytes);
    }
    Reading r;
    EXPECT_EQ(r.read(wire(server, {.opcode = 2, .length = FrameReader::longest_frame - 10})), FrameReader::Result::more);
}

TEST(FrameReader, ACopyOfItsPositionReadsTheSameAgain) {
    const auto frame = wire(server, {.payload = std::string(50, 'x')});
    Reading first;
    first.read(frame.substr(0, 20));
    Reading again;
    again.position = first.position;
    first.read(frame.substr(20, 20));
    first.read(frame.substr(40));
    again.read(frame.substr(20, 20));
    again.read(frame.substr(40));
    ASSERT_EQ(again.frames.size(), 1U);
    EXPECT_EQ(str(again.frames[0].bytes), frame);
    EXPECT_EQ(str(first.frames[0].bytes), frame);
}

} // namespace
} // namespace ws::test
