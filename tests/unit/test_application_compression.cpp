// SPDX-License-Identifier: GPL-2.0-or-later
#include "application_compression.hpp"
#include "test_arena.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ws {
namespace {

using test::TestArena;
using Payload = std::vector<std::uint8_t>;

const Payload zlib_hello = {0x78, 0x9c, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x06, 0x2c, 0x02, 0x15};
/// The deflated bytes of above between the header and the trailer of RFC 1952.
const Payload gzip_hello = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xcb, 0x48, 0xcd,
                            0xc9, 0xc9, 0x07, 0x00, 0x86, 0xa6, 0x10, 0x36, 0x05, 0x00, 0x00, 0x00};
/// RFC 8878: the magic number, one segment of 5 bytes, the last block, raw.
const Payload zstd_hello = {0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x05, 0x29, 0x00, 0x00, 'h', 'e', 'l', 'l', 'o'};

struct Row {
    const char* format;
    Payload payload;
};
const Row rows[] = {{"zlib", zlib_hello}, {"gzip", gzip_hello}, {"zstd", zstd_hello}};

TEST(ApplicationCompression, OpensEachFormat) {
    for (const auto& [format, payload] : rows) {
        TestArena memory;
        const auto opened = decompress_application(payload, 100, memory);
        ASSERT_TRUE(opened.format) << format;
        EXPECT_STREQ(opened.format, format);
        EXPECT_EQ(as_text(opened.data), "hello");
    }
}

TEST(ApplicationCompression, OnlyToItsEnd) {
    for (const auto& [format, payload] : rows) {
        TestArena memory;
        for (std::size_t size = 0; size < payload.size(); ++size)
            EXPECT_FALSE(decompress_application(Bytes(payload).first(size), 100, memory).format) << format << size;
        auto longer = payload;
        longer.push_back(0);
        EXPECT_FALSE(decompress_application(longer, 100, memory).format) << format;
    }
}

/// "hello" in a fixed block and an empty stored one, as zlib flushes; then the same again as a reference to it.
TEST(ApplicationCompression, AStreamGoesOnInTheNextMessage) {
    TestArena memory;
    const Payload first = {0x78, 0x9c, 0xca, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00, 0x00, 0xff, 0xff};
    const Payload second = {0xca, 0x00, 0x11, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff};
    const auto opened = decompress_application(first, 100, memory);
    ASSERT_TRUE(opened.goes_on);
    EXPECT_EQ(as_text(opened.data), "hello");
    ApplicationStream stream(7, 100);
    EXPECT_EQ(as_text(stream.next(first, 7, true, memory).data), "hello");
    EXPECT_FALSE(stream.next({}, 8, true, memory).format);
    const auto next = stream.next(second, 9, true, memory);
    EXPECT_EQ(as_text(next.data), "hello");
    EXPECT_EQ(as_text(stream.again(first, 7, memory).data), "hello");
    EXPECT_EQ(as_text(stream.again(second, 9, memory).data), as_text(next.data));
    EXPECT_FALSE(stream.again(second, 10, memory).format);
}

TEST(ApplicationCompression, NoMoreThanTheLimit) {
    for (const auto& [format, payload] : rows) {
        TestArena memory;
        EXPECT_FALSE(decompress_application(payload, 4, memory).format) << format;
    }
}

} // namespace
} // namespace ws
