// SPDX-License-Identifier: GPL-2.0-or-later
#include "timeouts.hpp"

#include "support.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

constexpr std::int64_t second = 1000000000;
constexpr std::int64_t millisecond = 1000000;

PeerMarks marks_of(const std::string& text) {
    TestArena arena;
    HttpHead head;
    EXPECT_EQ(parse_http_head(text, arena, head), HeadResult::complete);
    PeerMarks marks;
    note_marks(head, marks);
    return marks;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST(Timeouts, EachRowHasItsSource) {
    for (const auto& row : timeout_table()) {
        EXPECT_GT(std::string_view(row.source).size(), 5U) << row.who;
        EXPECT_GT(row.seconds, 0U) << row.who;
        EXPECT_EQ(row.place == MarkPlace::none, !*row.mark) << row.who;
    }
}

TEST(Timeouts, FireLateByLittleAndNeverEarly) {
    const TimeoutInfo row{"x", Timer::idle, 60, by_fin, MarkPlace::none, "", MarkNeed::may, ""};
    EXPECT_TRUE(fits(row, 60 * second));
    EXPECT_TRUE(fits(row, 61 * second));
    EXPECT_FALSE(fits(row, 62 * second));
    EXPECT_FALSE(fits(row, 59 * second + 900 * millisecond));
}

TEST(Timeouts, AreNamedByClockAndEnd) {
    const PeerMarks nothing;
    EXPECT_TRUE(has(who_times_out(Timer::idle, 60 * second, by_fin, nothing), "nginx"));
    EXPECT_FALSE(has(who_times_out(Timer::idle, 60 * second, by_rst, nothing), "nginx"));
    EXPECT_EQ(who_times_out(Timer::lifetime, 60 * second, by_fin, nothing), "");
    EXPECT_TRUE(has(who_times_out(Timer::idle, 400 * second, by_forgetting, nothing), "AWS NLB"));
    EXPECT_FALSE(has(who_times_out(Timer::idle, 340 * second, by_forgetting, nothing), "AWS NLB"));
}

TEST(Timeouts, AreNotNamedWhereThePeerIsAnother) {
    const auto apache = marks_of("HTTP/1.1 101 x\r\nServer: Apache/2.4\r\n\r\n");
    EXPECT_FALSE(has(who_times_out(Timer::idle, 60 * second, by_fin, apache), "nginx"));
    EXPECT_TRUE(has(who_times_out(Timer::idle, 60 * second, by_fin, apache), "AWS ALB")); // does not show itself
    const auto nginx = marks_of("HTTP/1.1 101 x\r\nServer: Nginx/1.22\r\n\r\n");
    EXPECT_TRUE(has(who_times_out(Timer::idle, 60 * second, by_fin, nginx), "nginx"));
    EXPECT_EQ(who_times_out(Timer::idle, 100 * second, by_fin, nginx), "");
    const auto cloudflare = marks_of("HTTP/1.1 101 x\r\nServer: cloudflare\r\n\r\n");
    EXPECT_EQ(who_times_out(Timer::idle, 100 * second, by_fin, cloudflare), "Cloudflare");
}

TEST(Timeouts, OfEngineIoNeedItsPath) {
    const auto engine = marks_of("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n\r\n");
    EXPECT_TRUE(shows(MarkPlace::path, engine));
    EXPECT_TRUE(has(who_times_out(Timer::no_pong, 20 * second, by_close, engine), "Engine.IO"));
    const auto other = marks_of("GET /chat HTTP/1.1\r\n\r\n");
    EXPECT_FALSE(shows(MarkPlace::path, other));
    EXPECT_EQ(who_times_out(Timer::no_pong, 20 * second, by_close, other), "");
}

TEST(Timeouts, OfAReason) {
    PeerMarks marks;
    EXPECT_EQ(who_times_out(Timer::lifetime, 3600 * second, by_close, marks), "");
    note_mark(MarkPlace::reason, "Your session hit the Maximum Duration of 60 minutes.", marks);
    EXPECT_EQ(who_times_out(Timer::lifetime, 3600 * second, by_close, marks), "OpenAI Realtime");
}

TEST(RoundTimes, AreWholeSeconds) {
    // HAProxy's timer of 8 s was seen to fire after 8.001 s; a program that ended by chance after 5.034 s.
    EXPECT_TRUE(is_round(8 * second + millisecond));
    EXPECT_TRUE(is_round(8 * second - 2 * millisecond));
    EXPECT_FALSE(is_round(5 * second + 34 * millisecond));
    EXPECT_FALSE(is_round(second));
    EXPECT_FALSE(is_round(0));
}

TEST(Timeouts, AreOfTheResponseAndItsFields) {
    const auto azure = marks_of("HTTP/1.1 101 x\r\nX-Azure-Ref: 1\r\nVia: 1.1 kong\r\nSec-WebSocket-Protocol: a\r\n\r\n");
    EXPECT_TRUE(shows(MarkPlace::header, azure));
    EXPECT_TRUE(shows(MarkPlace::via, azure));
    EXPECT_FALSE(azure.server_named);
    EXPECT_TRUE(has(who_times_out(Timer::idle, 60 * second, by_fin, azure), "Kong"));
    const auto asked = marks_of("GET / HTTP/1.1\r\nHost: a\r\nX-Azure-Ref: 1\r\nVia: 1.1 kong\r\nServer: cloudflare\r\n"
                                "Sec-WebSocket-Protocol: a\r\n\r\n");
    EXPECT_EQ(asked.seen, 0U) << "a client says nothing of the server";
    EXPECT_FALSE(asked.server_named);
    EXPECT_EQ(without_server(azure).seen, 0U);
}

TEST(Timeouts, NginxMayBeWhereNobodyIsNamed) {
    EXPECT_TRUE(may_be_nginx({}));
    EXPECT_FALSE(may_be_nginx(marks_of("HTTP/1.1 101 x\r\nServer: Apache\r\n\r\n")));
    EXPECT_TRUE(may_be_nginx(marks_of("HTTP/1.1 101 x\r\nServer: nginx\r\n\r\n")));
}

TEST(Timeouts, AtMostThreeAreNamed) {
    // Any time that is long enough fits a device that forgets.
    const auto all = who_times_out(Timer::idle, 100000 * second, by_forgetting, {});
    EXPECT_LE(std::count(all.begin(), all.end(), ','), 2 + 3) << all; // some have a comma of their own
}

} // namespace
} // namespace ws::test
