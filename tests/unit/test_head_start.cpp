// SPDX-License-Identifier: GPL-2.0-or-later
#include "head_start.hpp"

#include "connection_decoder.hpp"
#include "support.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

using namespace std::string_view_literals;

constexpr auto get = "GET /"sv;
constexpr auto masked_hi = "\x81\x82\x01\x02\x03\x04\x49\x6b"sv;

TEST(HeadStart, IsFoundAfterFrames) {
    const auto found = find_head_start(as_bytes("\x88\x00\x89\x02hiGET /chat HTTP/1.1"sv), 0, get);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->offset, 6U);
    EXPECT_TRUE(found->whole);
}

TEST(HeadStart, IsFoundAfterTheRestOfAFrame) {
    const auto found = find_head_start(as_bytes("hiGET /"sv), 2, get);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->offset, 2U);
}

TEST(HeadStart, MayBeCut) {
    for (std::size_t length = 1; length < get.size(); ++length) {
        const auto bytes = std::string("\x88\x00"sv) + std::string(get.substr(0, length));
        const auto found = find_head_start(as_bytes(bytes), 0, get);
        ASSERT_TRUE(found) << length;
        EXPECT_EQ(found->offset, 2U);
        EXPECT_FALSE(found->whole);
    }
}

TEST(HeadStart, IsNotSoughtWithinAFrame) {
    EXPECT_FALSE(find_head_start(as_bytes("\x81\x05GET /"sv), 0, get));
    EXPECT_FALSE(find_head_start(as_bytes("\x81\x05GET "sv), 0, get));
    EXPECT_FALSE(find_head_start(as_bytes("\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xffGET /"sv), 0, get));
    EXPECT_FALSE(find_head_start(as_bytes("GEX /"sv), 0, get));
    EXPECT_FALSE(find_head_start({}, 0, get));
}

/// The first boundary in `next`, after `before` was fed.
std::optional<std::size_t> boundary(std::string_view before, std::string_view next, std::optional<std::uint32_t> sequence = {}) {
    TestArena arena;
    Negotiated none;
    none.known = true;
    ConnectionDecoder connection(none, {});
    StreamData piece{};
    piece.packet = 1;
    piece.bytes = as_bytes(before);
    piece.sequence = 100;
    connection.feed(piece, true, arena);
    piece.bytes = as_bytes(next);
    piece.sequence = sequence.value_or(100 + static_cast<std::uint32_t>(before.size()));
    return connection.first_boundary(piece);
}

TEST(FirstBoundary, IsTheEndOfTheFrameInProgress) {
    for (std::size_t cut = 0; cut < masked_hi.size(); ++cut)
        EXPECT_EQ(boundary(masked_hi.substr(0, cut), std::string(masked_hi.substr(cut)) + "GET /"),
                  (cut ? masked_hi.size() - cut : 0U))
            << cut;
    EXPECT_EQ(boundary(masked_hi, "GET /"sv), 0U);
    EXPECT_EQ(boundary(masked_hi.substr(0, 4), "\x03"sv), std::nullopt) << "it ends later";
    EXPECT_EQ(boundary(masked_hi.substr(0, 1), ""sv), std::nullopt) << "its header is cut";
}

TEST(FirstBoundary, CountsWhatWasLostOrRepeated) {
    EXPECT_EQ(boundary(masked_hi.substr(0, 6), "\x6bGET /"sv, 107), 1U);
    EXPECT_EQ(boundary(masked_hi.substr(0, 6), "GET /"sv, 108), 0U);
    EXPECT_EQ(boundary(masked_hi.substr(0, 6), "GET /"sv, 109), std::nullopt) << "other frames may have begun";
    EXPECT_EQ(boundary(masked_hi, "\x6bGET /"sv, 107), 1U);
}

TEST(HeadEnd, IsBehindTheEmptyLine) {
    EXPECT_EQ(find_head_end("ept: 1234\r\nServer: x\r\n\r\n\x81\x02hi"sv), 24U);
    EXPECT_EQ(find_head_end("a: b\n\n"sv), 6U);
    EXPECT_EQ(find_head_end("\n\r\n\x81"sv), 3U);
    EXPECT_EQ(find_head_end("\r\n\r\n"sv), 4U);
}

TEST(HeadEnd, IsNotThereBehindAnythingElseThanText) {
    for (const auto tail :
         {""sv, "a: b"sv, "a: b\r\n"sv, "a: b\r\nc: d\r\n"sv, "a: \0b\r\n\r\n"sv, "\x81\x04\r\n\r\n"sv, "\x7f\r\n\r\n"sv})
        EXPECT_EQ(find_head_end(tail), 0U);
}

} // namespace
} // namespace ws::test
