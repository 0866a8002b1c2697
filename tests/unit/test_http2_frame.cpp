// SPDX-License-Identifier: GPL-2.0-or-later
#include "http2_frame.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace ws::http2 {
namespace {

std::vector<std::uint8_t> frame(std::uint8_t type, std::uint8_t stream, std::size_t length) {
    std::vector<std::uint8_t> bytes(9 + length, 'x');
    const std::uint8_t header[] = {
        0, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length), type, 0, 0, 0, 0, stream};
    std::copy(std::begin(header), std::end(header), bytes.begin());
    return bytes;
}

std::vector<std::uint8_t> operator+(std::vector<std::uint8_t> a, const std::vector<std::uint8_t>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

TEST(Http2Frame, NumbersAreInNetworkOrder) {
    const std::uint8_t bytes[] = {0x12, 0x34, 0x56, 0x78};
    EXPECT_EQ(number(bytes, 1), 0x12U);
    EXPECT_EQ(number(bytes, 3), 0x123456U);
    EXPECT_EQ(number(bytes, 4), 0x12345678U);
}

TEST(Http2Frame, TypesHaveTheirStreamsAndLengths) {
    for (const std::uint8_t type : {DATA, HEADERS, CONTINUATION}) {
        EXPECT_TRUE(plausible(100, type, 1, true));
        EXPECT_FALSE(plausible(100, type, 0, true));
    }
    EXPECT_TRUE(plausible(12, SETTINGS, 0, true));
    EXPECT_FALSE(plausible(13, SETTINGS, 0, true));
    EXPECT_FALSE(plausible(12, SETTINGS, 1, true));
    EXPECT_TRUE(plausible(8, PING, 0, true));
    EXPECT_FALSE(plausible(9, PING, 0, true));
    EXPECT_TRUE(plausible(4, RST_STREAM, 1, true));
    EXPECT_FALSE(plausible(5, RST_STREAM, 1, true));
    EXPECT_TRUE(plausible(4, WINDOW_UPDATE, 0, true));
    EXPECT_TRUE(plausible(4, WINDOW_UPDATE, 3, true));
    EXPECT_FALSE(plausible(200, 99, 1, true));
    EXPECT_TRUE(plausible(200, 99, 1, false));
}

TEST(Http2Frame, FramesGoToTheLastByte) {
    const auto both = frame(HEADERS, 1, 30) + frame(DATA, 1, 300);
    EXPECT_TRUE(are_frames(both));
    for (std::size_t size = 0; size < both.size(); ++size)
        EXPECT_EQ(are_frames(Bytes(both).first(size)), size == 39) << size;
    EXPECT_FALSE(are_frames(both + std::vector<std::uint8_t>{0}));
    EXPECT_FALSE(are_frames(both + frame(DATA, 0, 3)));
    EXPECT_FALSE(are_frames(std::vector<std::uint8_t>(90, 0)));
}

} // namespace
} // namespace ws::http2
