// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame.hpp"

#include "support.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

FrameHeader parsed(std::string_view bytes) {
    FrameHeader header;
    EXPECT_TRUE(parse_frame_header(as_bytes(bytes), header));
    return header;
}

TEST(FrameHeader, ReadsTheExamplesOfRfc6455) {
    // 5.7, in the order of the RFC; the payloads are left away.
    struct {
        std::string_view bytes;
        bool fin, masked;
        unsigned opcode;
        std::uint64_t length;
        unsigned size;
    } const cases[] = {
        {"\x81\x05", true, false, 1, 5, 2},
        {"\x81\x85\x37\xfa\x21\x3d", true, true, 1, 5, 6},
        {"\x01\x03", false, false, 1, 3, 2},
        {"\x80\x02", true, false, 0, 2, 2},
        {"\x89\x05", true, false, 9, 5, 2},
        {"\x8a\x85\x37\xfa\x21\x3d", true, true, 10, 5, 6},
        {"\x82\x7e\x01\x00"sv, true, false, 2, 256, 4},
        {"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"sv, true, false, 2, 65536, 10},
    };
    for (const auto& c : cases) {
        const auto h = parsed(c.bytes);
        EXPECT_EQ(h.fin, c.fin);
        EXPECT_EQ(h.masked, c.masked);
        EXPECT_EQ(h.opcode, c.opcode);
        EXPECT_EQ(h.payload_length, c.length);
        EXPECT_EQ(h.size, c.size);
        EXPECT_TRUE(h.length_minimal());
    }
}

TEST(FrameHeader, ReadsEveryFirstByte) {
    for (unsigned byte = 0; byte < 256; ++byte) {
        const auto h = parsed(std::string{static_cast<char>(byte), '\0'});
        EXPECT_EQ(h.fin, byte >= 128);
        EXPECT_EQ(h.rsv1, byte / 64 % 2 == 1);
        EXPECT_EQ(h.rsv2, byte / 32 % 2 == 1);
        EXPECT_EQ(h.rsv3, byte / 16 % 2 == 1);
        EXPECT_EQ(h.rsv(), byte / 16 % 8 != 0);
        EXPECT_EQ(h.opcode, byte % 16);
    }
}

TEST(FrameHeader, ReadsEveryEncodingOfTheLength) {
    struct {
        std::uint64_t length;
        int size;
        bool minimal;
    } const cases[] = {
        {0, 0, true},
        {125, 0, true},
        {0, 2, false},
        {125, 2, false},
        {126, 2, true},
        {127, 2, true},
        {65535, 2, true},
        {0, 8, false},
        {126, 8, false},
        {65535, 8, false},
        {65536, 8, true},
        {1ULL << 32, 8, true},
        {(1ULL << 32) + 5, 8, true},
        {(1ULL << 63) - 1, 8, true},
        {1ULL << 63, 8, true},
        {~0ULL, 8, true},
    };
    for (const auto& c : cases)
        for (const auto& key : {std::optional<std::string>(), std::optional<std::string>("abcd")}) {
            const auto h = parsed(wire({.key = key, .length = c.length, .length_size = c.size}));
            EXPECT_EQ(h.payload_length, c.length);
            EXPECT_EQ(h.length_size, c.size);
            EXPECT_EQ(h.size, 2 + c.size + (key ? 4 : 0));
            EXPECT_EQ(h.length_minimal(), c.minimal) << c.length << " in " << c.size;
            EXPECT_EQ(str(h.masking_key), key.value_or("\0\0\0\0"s));
        }
}

TEST(FrameHeader, WaitsForEveryByteOfIt) {
    for (const int size : {0, 2, 8})
        for (const auto& key : {std::optional<std::string>(), std::optional<std::string>("abcd")}) {
            const auto whole = wire({.key = key, .length = 100, .length_size = size});
            FrameHeader header;
            for (std::size_t n = 0; n < whole.size(); ++n) {
                const std::vector<std::uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
                EXPECT_FALSE(parse_frame_header(cut, header)) << n;
            }
            EXPECT_TRUE(parse_frame_header(as_bytes(whole), header));
        }
}

TEST(FrameHeader, ForgetsTheKeyOfTheHeaderBefore) {
    FrameHeader header;
    ASSERT_TRUE(parse_frame_header(as_bytes("\x81\x80key!"), header));
    ASSERT_TRUE(parse_frame_header(as_bytes("\x81\x00"sv), header));
    EXPECT_EQ(str(header.masking_key), "\0\0\0\0"s);
    EXPECT_EQ(header.size, 2);
}

TEST(Opcode, IsControlFrom8AndReservedWhereRfc6455NamesNone) {
    for (std::uint8_t code = 0; code < 16; ++code) {
        EXPECT_EQ(is_control(code), code >= 8);
        EXPECT_EQ(is_reserved(code),
                  std::string_view("\3\4\5\6\7\13\14\15\16\17").find(static_cast<char>(code)) != std::string_view::npos);
    }
}

TEST(Unmask, ReadsTheExampleOfRfc6455) {
    const std::uint8_t key[4] = {0x37, 0xfa, 0x21, 0x3d};
    std::uint8_t plain[5];
    unmask(plain, as_bytes("\x7f\x9f\x4d\x51\x58"), key, 0);
    EXPECT_EQ(str(plain), "Hello");
}

TEST(Unmask, TurnsTheKeyToAnyOffsetForAnySize) {
    const std::uint8_t key[4] = {1, 2, 4, 8};
    const auto from = noise(150); // more than two of the widest registers
    for (std::uint64_t offset : {0ULL, 1ULL, 2ULL, 3ULL, 4ULL, 7ULL, 1000001ULL, (1ULL << 32) + 3, ~0ULL})
        for (std::size_t size = 0; size <= from.size(); ++size) {
            std::vector<std::uint8_t> to(size), same(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(size));
            unmask(to.data(), as_bytes(from).first(size), key, offset);
            unmask(same.data(), same, key, offset); // in place
            for (std::size_t i = 0; i < size; ++i)
                ASSERT_EQ(to[i], static_cast<std::uint8_t>(from[i]) ^ (1 << (offset + i) % 4)) << offset << " " << i;
            EXPECT_EQ(to, same);
        }
}

} // namespace
} // namespace ws::test
