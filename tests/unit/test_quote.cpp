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

TEST(QuoteBody, OfOtherMarksAndPlaces) {
    EXPECT_EQ(quote_body("text before <html><body>No</body></html>"), "text before");
    EXPECT_EQ(quote_body("<HTML><P>No</P></HTML>"), "No");
    EXPECT_EQ(quote_body("see <HTML> no tag of it"), "see");
    EXPECT_EQ(quote_body("<script>a<b</script>Words"), "Words") << "what is hidden ends with its own tag";
    EXPECT_EQ(quote_body("what? this (and, \"that\"): <x> is kept"), "what... this (and, \"that\"): <x> is kept");
    EXPECT_EQ(quote_body("? alone"), "? alone");
    EXPECT_EQ(quote_body("\x1f\x8b\x08 no text"), "");
    EXPECT_EQ(quote_body("tab\tis text"), "tab is text");
}

TEST(QuoteUrl, OfUsersWithoutAScheme) {
    EXPECT_EQ(quote_url("user@host/path"), "user@host/path");
    EXPECT_EQ(quote_url("ws://u@h?q=1"), "ws://...@h?...");
    EXPECT_EQ(quote_url("ws://h?u@x"), "ws://...?...") << "an @ in a query cuts more than it must";
}

TEST(Quote, ACharacterThatIsNotWholeGoes) {
    EXPECT_EQ(quote(std::string(118, 'x') + "\xe2\x82\xac"), std::string(118, 'x') + "...");
    EXPECT_EQ(quote("\xe2\x82"), "");
}

} // namespace
} // namespace ws::test
