// SPDX-License-Identifier: GPL-2.0-or-later
#include "request_start.hpp"

#include "support.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace ws::test {
namespace {

using Verdict = RequestStart::Verdict;

constexpr auto upgrade = "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"sv;
constexpr std::uint32_t begin = 0xfffffff0; // numbers wrap within the head

/// Reads pieces that follow each other, from `begin` on.
class Reader {
  public:
    Verdict read(std::string_view bytes, std::uint32_t cut = 0) {
        const auto at = next_;
        next_ += static_cast<std::uint32_t>(bytes.size()) + cut;
        return read_at(at, bytes, cut);
    }
    Verdict read_at(std::uint32_t sequence, std::string_view bytes, std::uint32_t cut = 0) {
        return start.read(bytes, cut, sequence, arena_);
    }
    RequestStart start;

  private:
    TestArena arena_;
    std::uint32_t next_ = begin;
};

TEST(RequestStart, IsWholeInOnePiece) {
    Reader reader;
    EXPECT_EQ(reader.read(upgrade), Verdict::upgrade);
    EXPECT_EQ(reader.start.kept(), "");
    EXPECT_EQ(Reader().read("POST /chat HTTP/1.1\r\nSec-WebSocket-Key: x\r\n\r\n"), Verdict::upgrade);
}

TEST(RequestStart, MayBeCutAnywhere) {
    for (std::size_t cut = 1; cut < upgrade.size(); ++cut) {
        Reader reader;
        EXPECT_EQ(reader.read(upgrade.substr(0, cut)), Verdict::incomplete) << cut;
        EXPECT_EQ(reader.read(upgrade.substr(cut)), Verdict::upgrade) << cut;
        EXPECT_EQ(reader.start.kept(), upgrade);
    }
    Reader reader;
    for (std::size_t at = 0; at + 1 < upgrade.size(); ++at)
        ASSERT_EQ(reader.read(upgrade.substr(at, 1)), Verdict::incomplete) << at;
    EXPECT_EQ(reader.read("\n"), Verdict::upgrade);
    EXPECT_EQ(reader.start.kept(), upgrade);
}

TEST(RequestStart, OrdinaryRequestsAreToldApart) {
    Reader reader;
    EXPECT_EQ(reader.read("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), Verdict::ordinary);
    EXPECT_EQ(reader.read("POST / HTTP/1.1\nHost: a\n\n"), Verdict::ordinary);
    EXPECT_EQ(reader.read("GET / HTTP/1.1\nHost: a\n"), Verdict::incomplete);
    EXPECT_EQ(reader.read("\n"), Verdict::ordinary);
    EXPECT_EQ(reader.start.kept(), "");
    EXPECT_EQ(reader.read(upgrade), Verdict::upgrade);
}

TEST(RequestStart, OtherBytesAreNotKept) {
    for (const auto bytes : {"\x6c\0\x0b"sv, "GET key\r\n"sv, "*1\r\n$4\r\nPING\r\n"sv,
                             "HTTP/1.1 101 Switching Protocols\r\n\r\n"sv, "POST / HTTP/1.1\r\nHost"sv, "GET /key\r\n"sv}) {
        Reader reader;
        EXPECT_EQ(reader.read(bytes), Verdict::other) << bytes;
        EXPECT_EQ(reader.start.kept(), "");
    }
    Reader reader;
    EXPECT_EQ(reader.read("GET /"), Verdict::incomplete);
    EXPECT_EQ(reader.read("key\r\n"), Verdict::other);
    EXPECT_EQ(reader.start.kept(), "");
}

TEST(RequestStart, WhatIsMissingEndsIt) {
    Reader lost;
    EXPECT_EQ(lost.read(upgrade.substr(0, 20)), Verdict::incomplete);
    EXPECT_EQ(lost.read_at(begin + 21, upgrade.substr(21)), Verdict::other);
    Reader cut;
    EXPECT_EQ(cut.read(upgrade.substr(0, 20), 5), Verdict::other);
    EXPECT_EQ(Reader().read(upgrade, 5), Verdict::upgrade) << "it ends before";
}

TEST(RequestStart, WhatComesAgainCountsOnce) {
    Reader reader;
    EXPECT_EQ(reader.read(upgrade.substr(0, 20)), Verdict::incomplete);
    EXPECT_EQ(reader.read_at(begin, upgrade.substr(0, 20)), Verdict::incomplete);
    EXPECT_EQ(reader.read(upgrade.substr(20)), Verdict::upgrade);
    EXPECT_EQ(reader.start.kept(), upgrade);
    for (const std::uint32_t again : {1U, 10U, 20U}) { // TCP has put them together with what follows
        Reader put_together;
        EXPECT_EQ(put_together.read(upgrade.substr(0, 20)), Verdict::incomplete);
        EXPECT_EQ(put_together.read_at(begin + 20 - again, upgrade.substr(20 - again)), Verdict::upgrade);
        EXPECT_EQ(put_together.start.kept(), upgrade);
    }
}

TEST(RequestStart, ALongHeadIsNotKeptForEver) {
    Reader reader;
    ASSERT_EQ(reader.read("GET / HTTP/1.1\r\nx: "), Verdict::incomplete);
    const auto started = std::chrono::steady_clock::now();
    std::size_t pieces = 0;
    while (pieces < 1000000 && reader.read("\nx") == Verdict::incomplete)
        ++pieces;
    EXPECT_LT(pieces, 65536U);
    EXPECT_EQ(reader.start.kept(), "");
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(1));
}

} // namespace
} // namespace ws::test
