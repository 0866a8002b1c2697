// SPDX-License-Identifier: GPL-2.0-or-later
#include "recogniser.hpp"

#include "support.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace ws::test {
namespace {

/// A connection of two ends; end 0 speaks first unless told otherwise.
struct Wiretap {
    Recogniser recogniser;
    std::uint32_t next[2] = {1000, 0xfffffff0}; // wraps round
    std::deque<std::string> buffers;

    Recogniser::Result hear(unsigned end, std::string bytes, bool owned = false, bool thorough = false) {
        buffers.push_back(std::move(bytes));
        const auto sequence = next[end];
        next[end] += static_cast<std::uint32_t>(buffers.back().size());
        return recogniser.feed({end, sequence, as_bytes(buffers.back()), 0}, owned, thorough);
    }
};

std::string from_client(const std::string& payload, unsigned opcode = 1, const std::string& key = "\x37\xfa\x21\x3d") {
    return wire({.opcode = opcode, .key = key, .payload = payload});
}

TEST(AfterARequest, FramesOfTheClientMayBeginInPieces) {
    const auto frame = from_client("Hello");
    for (std::size_t size = 1; size <= frame.size(); ++size)
        EXPECT_TRUE(may_begin_with_frames(as_bytes(frame.substr(0, size)))) << size;
    for (const auto& other : {""s, "G"s, "GET /chat HTTP/1.1"s, "P"s, "\x81\x05Hello"s, "\x16\x03\x01"s})
        EXPECT_FALSE(may_begin_with_frames(as_bytes(other))) << other;
}

TEST(AfterARequest, FramesOfTheServerMustProveIt) {
    EXPECT_TRUE(are_frames_of_server(as_bytes(wire({.payload = "Hello"}))));
    EXPECT_TRUE(are_frames_of_server(as_bytes(wire({.payload = prose(5000)}).substr(0, 1400))));
    for (const auto& other : {""s, "\x81"s, "\x81\x05He"s, "<html>"s, "HTTP/1.1 101"s, from_client("Hello")})
        EXPECT_FALSE(are_frames_of_server(as_bytes(other))) << other;
}

TEST(Recogniser, NeedsOneFrameOfText) {
    for (const unsigned end : {0U, 1U}) {
        const auto masked = Wiretap().hear(end, from_client("Hello"));
        EXPECT_TRUE(masked.recognised);
        EXPECT_EQ(masked.client, end);
        const auto plain = Wiretap().hear(end, wire({.payload = "Hello"}));
        EXPECT_TRUE(plain.recognised);
        EXPECT_EQ(plain.client, 1 - end);
        EXPECT_TRUE(Wiretap().hear(end, from_client(prose(5000)).substr(0, 1460)).recognised) << "the beginning of one";
    }
    EXPECT_FALSE(Wiretap().hear(0, from_client("x")).recognised);
    EXPECT_FALSE(Wiretap().hear(0, from_client("Hello") + "x").recognised);
    EXPECT_FALSE(Wiretap().hear(0, from_client("\x01\x02\x03\x04\x05\x06\x07\x08")).recognised);
    EXPECT_FALSE(Wiretap().hear(0, wire({.payload = "Hello"}), true).recognised) << "another dissector has the port";
    Wiretap owned;
    EXPECT_FALSE(owned.hear(0, wire({.payload = "Hello, Wireshark"}), true).recognised);
    EXPECT_TRUE(owned.hear(0, wire({.payload = "Hello again"}), true).recognised);
}

TEST(Recogniser, FollowsNoHeaderTwiceThatLeadsNowhere) {
    std::string bytes = "x";
    for (int i = 0; i < 8000; ++i)
        bytes += "\x81\x05hello";
    bytes += "\xff\xff";
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i)
        EXPECT_FALSE(Wiretap().hear(0, bytes, false, true).recognised);
    // 8,000 chains of up to 8,000 headers took a second each time; now it is some milliseconds.
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

TEST(Recogniser, NeedsSeveralFramesOfOtherKinds) {
    Wiretap w;
    EXPECT_FALSE(w.hear(0, from_client("\x01\x02\x03"s, 2)).recognised);
    EXPECT_FALSE(w.hear(0, from_client("\x04\x05\x06\x07"s, 2)).recognised);
    EXPECT_TRUE(w.hear(0, from_client("\x08\x09"s, 2)).recognised);
    Wiretap both;
    EXPECT_FALSE(both.hear(0, wire({.opcode = 9, .payload = "ab"})).recognised);
    EXPECT_FALSE(both.hear(0, wire({.opcode = 2, .payload = "\x01\x02"})).recognised);
    const auto answer = both.hear(1, from_client("ab", 10));
    EXPECT_TRUE(answer.recognised);
    EXPECT_EQ(answer.client, 1U);
}

TEST(Recogniser, KnowsCompressedFramesByTheirContent) {
    Deflater deflater;
    const auto message = deflater.message("Hello, compressed world");
    EXPECT_TRUE(Wiretap().hear(0, wire({.rsv1 = true, .key = "\x37\xfa\x21\x3d", .payload = message})).recognised);
    EXPECT_TRUE(Wiretap().hear(0, wire({.rsv1 = true, .payload = message})).recognised);
    EXPECT_FALSE(Wiretap().hear(0, wire({.rsv1 = true, .payload = "\x06 not deflate"})).fits[0]);
}

TEST(Recogniser, WaitsForTheEndOfPlainText) {
    Wiretap w;
    const auto frame = wire({.payload = prose(5000)});
    EXPECT_FALSE(w.hear(0, frame.substr(0, 1400)).recognised) << "other protocols have text too";
    EXPECT_FALSE(w.hear(0, frame.substr(1400, 1400)).recognised);
    EXPECT_TRUE(w.hear(0, frame.substr(2800)).recognised);
}

TEST(Recogniser, FollowsAFrameOverSegments) {
    Wiretap w;
    const auto frame = wire({.opcode = 2, .payload = std::string(5000, '\xee')});
    EXPECT_TRUE(w.hear(0, frame.substr(0, 1400)).fits[0]);
    EXPECT_TRUE(w.hear(0, frame.substr(1400, 2000)).fits[0]);
    EXPECT_TRUE(w.hear(0, frame.substr(3400)).recognised) << "a long length is exact";
}

TEST(Recogniser, FindsFramesInTheMidstOfASegmentIfAsked) {
    const auto bytes = "the end of a frame" + wire({.payload = "a message of some length"}) + wire({.payload = "another"});
    EXPECT_FALSE(Wiretap().hear(0, bytes).recognised);
    EXPECT_TRUE(Wiretap().hear(0, bytes, false, true).recognised);
    EXPECT_FALSE(Wiretap().hear(0, prose(1400), false, true).recognised);
}

TEST(Recogniser, FollowsFramesThatBeganInTheMidst) {
    const auto frames = [](bool masked, unsigned opcode) {
        std::string out;
        for (int i = 0; i < 12; ++i) {
            const auto payload =
                opcode == 1 ? prose(200 + static_cast<std::size_t>(i)) : noise(200 + static_cast<std::size_t>(i), i);
            out += masked ? from_client(payload, opcode, {'\x91', static_cast<char>(i * 37), '\x21', static_cast<char>(i * 11)})
                          : wire({.opcode = opcode, .payload = payload});
        }
        return out.substr(100);
    };
    const auto segments = [](Wiretap& w, const std::string& bytes, bool thorough) {
        Recogniser::Result last;
        for (std::size_t at = 0; at < bytes.size() && !last.recognised; at += 500)
            last = w.hear(0, bytes.substr(at, 500), false, thorough);
        return last;
    };
    for (const bool masked : {false, true}) {
        Wiretap w;
        const auto result = segments(w, frames(masked, 1), true);
        EXPECT_TRUE(result.recognised);
        EXPECT_EQ(result.client, masked ? 0U : 1U);
        EXPECT_FALSE(result.boundary[0]);
        Wiretap hasty;
        EXPECT_FALSE(segments(hasty, frames(masked, 1), false).recognised);
    }
    Wiretap binary;
    EXPECT_FALSE(segments(binary, frames(false, 2), true).recognised) << "nothing but structure";
}

TEST(Recogniser, TellsWhereFramesBegin) {
    Wiretap w;
    EXPECT_FALSE(w.hear(0, wire({.payload = "Hi"}), true).recognised);
    const auto result = w.hear(0, wire({.payload = prose(60)}) + wire({.payload = prose(61)}), true);
    EXPECT_TRUE(result.recognised);
    EXPECT_EQ(result.boundary[0], 1000U);
    EXPECT_FALSE(result.boundary[1]);
}

// What looks like binary frames is the structure of others too: first byte, then a length.
TEST(Recogniser, TakesNoStructureForFrames) {
    Wiretap subscribe; // MQTT 3.1.1, 3.8: 82, length, packet identifier, topic filters
    for (unsigned i = 1; i < 20; ++i) {
        const auto topic = prose(3 + i);
        const auto body = "\0\x01\0"s + static_cast<char>(topic.size()) + topic + '\0';
        EXPECT_FALSE(subscribe.hear(0, "\x82" + std::string(1, static_cast<char>(body.size())) + body).recognised);
        EXPECT_FALSE(subscribe.hear(1, "\x90\x03\0"s + static_cast<char>(i) + '\0').recognised);
    }
    Wiretap pack; // MessagePack: a map of one pair, whose key is a string of three characters
    for (int i = 0; i < 20; ++i)
        EXPECT_FALSE(pack.hear(0, "\x82\xa3"
                                  "cmd\xa6" +
                                      std::string(35, 's'))
                         .recognised);
    for (const char c : {'\0', '\x81', '\x82', '\xff', ' '}) {
        Wiretap same;
        for (std::size_t i = 1; i < 300; ++i)
            EXPECT_FALSE(same.hear(i & 1, std::string(i, c), false, true).recognised) << static_cast<int>(c) << ' ' << i;
    }
}

TEST(Recogniser, TakesNoNoiseForFrames) {
    std::mt19937 random(6455);
    for (int stream = 0; stream < 20000; ++stream) {
        Wiretap w;
        for (int i = 0; i < 10; ++i) {
            std::string bytes(2 + random() % 60, '\0');
            for (auto& c : bytes)
                c = static_cast<char>(random());
            ASSERT_FALSE(w.hear(random() & 1, bytes, false, i < 4).recognised) << stream;
        }
    }
}

TEST(Recogniser, BeginsAnewAfterWhatWasNoFrame) {
    Wiretap w;
    EXPECT_TRUE(w.hear(0, from_client("\x01\x02\x03"s, 2)).fits[0]);
    EXPECT_FALSE(w.hear(0, "something else").fits[0]);
    EXPECT_FALSE(w.hear(0, from_client("\x04\x05\x06\x07"s, 2)).recognised);
    w.next[0] += 100;
    EXPECT_FALSE(w.hear(0, from_client("\x04\x05\x06\x07\x08"s, 2)).recognised) << "bytes were lost between";
}

} // namespace
} // namespace ws::test
