// SPDX-License-Identifier: GPL-2.0-or-later
#include "quote.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

TEST(Quote, IsShortPrintableAndOnOneLine) {
    EXPECT_EQ(quote("a\tb\r\nc\x7f"), "a b  c ");
    EXPECT_EQ(quote(std::string(200, 'x')), std::string(120, 'x') + "...");
    EXPECT_EQ(quote("Grüße"), "Grüße");
    EXPECT_EQ(quote("Gr\xfc\xdf"), "Gr??");                                        // Latin-1
    EXPECT_EQ(quote(std::string(119, 'x') + "üx"), std::string(119, 'x') + "..."); // cut within a character
}

TEST(QuoteUrl, LeavesOutWhatMayBeSecret) {
    EXPECT_EQ(quote_url("https://user:pass@sso.example/login?token=secret#part"), "https://...@sso.example/login?...");
    EXPECT_EQ(quote_url("/login"), "/login");
    EXPECT_EQ(quote_url("/login#x"), "/login?...");
    EXPECT_EQ(quote_url("https://a.example/x@y"), "https://a.example/x@y");
}

TEST(QuoteBody, IsItsFirstLineWithWords) {
    EXPECT_EQ(quote_body("\r\n\r\n  Session ID unknown \r\nmore"), "Session ID unknown");
    EXPECT_EQ(quote_body("<html><head><title>400 Bad</title></head>"), "400 Bad");
    EXPECT_EQ(quote_body("<!DOCTYPE html><style>body { color: red }</style><script>x</script><h1>No</h1>"), "No");
    EXPECT_EQ(quote_body(""), "");
    EXPECT_EQ(quote_body("<html><head></head></html>"), "");
    EXPECT_EQ(quote_body("<html><unfinished"), "");
    EXPECT_EQ(quote_body(std::string("\x1f\x8b\x08\x00", 4)), "");
}

TEST(QuoteBody, CutsTokensAndQueries) {
    EXPECT_EQ(quote_body("token eyJhbGciOiJub25lIn0.eyJleHAiOjE2 expired"), "token ... expired");
    EXPECT_EQ(quote_body("see https://a.example/x?key=abc now"), "see https://a.example/x... now");
    EXPECT_EQ(quote_body("who? me"), "who... me");
    EXPECT_EQ(quote_body(R"({"session":"0123456789abcdef0123456789abcdef"})"), R"({"session":"..."})");
}

TEST(Seconds, AreRounded) {
    EXPECT_EQ(in_seconds(1500000000), "1.500 s");
    EXPECT_EQ(in_tenths(1960000000), "2.0 s");
}

} // namespace
} // namespace ws::test
