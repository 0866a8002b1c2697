// SPDX-License-Identifier: GPL-2.0-or-later
#include "ending_diagnosis.hpp"

#include "support.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

constexpr std::int64_t second = 1000000000;
constexpr std::int64_t millisecond = 1000000;

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

std::string all_of(const Finding& found) {
    return found.seen + " " + found.cause + " " + found.check;
}

std::vector<Diagnosis> kinds(const std::vector<Finding>& findings) {
    std::vector<Diagnosis> out;
    for (const auto& found : findings) {
        out.push_back(found.diagnosis);
        for (const auto& part : {found.seen, found.cause, found.check})
            EXPECT_LE(part.size(), longest_part) << part;
    }
    return out;
}

std::vector<Diagnosis> kinds(const Ending& ending) {
    return kinds(diagnose_ending(ending));
}

/// After so much silence of both.
Ending ending_of(Direction by, std::int64_t silence) {
    Ending ending{};
    ending.by = by;
    ending.connection.silence = silence;
    ending.connection.silence_of[0] = ending.connection.silence_of[1] = silence + 7;
    ending.connection.age = silence + 500 * millisecond;
    ending.connection.client_spoke = true;
    return ending;
}

TEST(Ending, IsToldByWhoEndedWhat) {
    auto ending = ending_of(client, second / 2);
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::closed_without_close_frame});
    ending.reset = true;
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::aborted});
    ending.handshake_pending = true;
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::reset_during_handshake});
    ending.reset = false;
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::closed_during_handshake});
}

TEST(Ending, AResetThatSomethingSpeaksAgainst) {
    auto ending = ending_of(server, second / 2);
    ending.reset = true;
    ending.against = {"TTL 64 where its other packets have 51", true};
    const auto found = diagnose_ending(ending);
    ASSERT_EQ(kinds(found), (std::vector{Diagnosis::aborted, Diagnosis::reset_by_middlebox}));
    EXPECT_TRUE(has(found[1].seen, "TTL 64 where")) << found[1].seen;
    ending.against.forged = false;
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::aborted});
    ending.against.forged = true;
    ending.reset = false; // a FIN is the peer's own
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::closed_without_close_frame});
}

TEST(Ending, OfAProgramIsNoTimers) {
    EXPECT_EQ(kinds(ending_of(server, 5034 * millisecond)), std::vector{Diagnosis::closed_without_close_frame});
    EXPECT_EQ(kinds(ending_of(server, 47300 * millisecond)), std::vector{Diagnosis::closed_without_close_frame});
}

TEST(Ending, NamesWhoseDefaultASilenceFits) {
    // proxy_read_timeout of nginx is 60 s, by its documentation of ngx_http_proxy_module.
    const auto notes = diagnose_ending(ending_of(server, 60 * second + second / 10));
    ASSERT_EQ(kinds(notes), (std::vector{Diagnosis::closed_without_close_frame, Diagnosis::idle_timeout}));
    EXPECT_TRUE(has(notes[1].cause, "default of nginx")) << notes[1].cause;
    EXPECT_FALSE(has(all_of(notes[0]), "crash")) << "the timer tells why";
    const auto by_hand = diagnose_ending(ending_of(server, 8 * second + millisecond));
    ASSERT_EQ(kinds(by_hand), (std::vector{Diagnosis::closed_without_close_frame, Diagnosis::idle_timeout}));
    EXPECT_TRUE(has(by_hand[1].cause, "set by hand"));
}

TEST(Ending, ADeviceThatForgot) {
    auto ending = ending_of(server, 30 * millisecond);
    ending.reset = true;
    ending.connection.gap = 400 * second;
    const auto found = diagnose_ending(ending);
    ASSERT_EQ(kinds(found), (std::vector{Diagnosis::aborted, Diagnosis::idle_timeout}));
    EXPECT_TRUE(has(found[1].cause, "AWS NLB")) << found[1].cause;
    ending.connection.gap = 60 * second;
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::aborted});
}

TEST(Ending, APingWithoutAnAnswer) {
    auto ending = ending_of(server, 2 * second);
    ending.connection.missing[1] = {"ping", 9, 2 * second, 1};
    auto found = diagnose_ending(ending);
    ASSERT_EQ(kinds(found), (std::vector{Diagnosis::closed_without_close_frame, Diagnosis::pong_timeout}));
    EXPECT_EQ(found[1].about, 9U);
    EXPECT_EQ(found[1].figure, "2.0 s");
    ending.by = client; // the one who was asked
    EXPECT_EQ(kinds(ending), (std::vector{Diagnosis::closed_without_close_frame, Diagnosis::idle_timeout}));
    ending.by = server;
    ending.connection.missing[1].since = 100 * millisecond; // it did not wait
    EXPECT_EQ(kinds(ending), (std::vector{Diagnosis::closed_without_close_frame, Diagnosis::idle_timeout}));
}

TEST(Ending, ACloseThatNobodyAnswers) {
    auto ending = ending_of(client, 10 * second);
    ending.close = {client, 20, 10 * second};
    auto found = diagnose_ending(ending);
    ASSERT_EQ(kinds(found), std::vector{Diagnosis::close_unanswered});
    EXPECT_EQ(found[0].about, 20U);
    ending.close->since = 5 * millisecond;
    EXPECT_TRUE(kinds(ending).empty()) << "it did not wait for the answer";
    ending.by = server;
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::close_unanswered});
}

TEST(Ending, OfAClientThatDislikesTheResponse) {
    auto ending = ending_of(client, 3 * millisecond);
    ending.connection.client_spoke = false;
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::closed_without_close_frame});
    ending.connection.dislike.kind = Dislike::Kind::no_subprotocol;
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::handshake_rejected});
    ending.connection.dislike = {Dislike::Kind::violation, Violation::accept_wrong};
    EXPECT_TRUE(has(all_of(diagnose_ending(ending).at(0)), "accept_wrong"));
    ending.connection.client_spoke = true;
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::closed_without_close_frame});
}

TEST(Ending, AtTheEndOfALife) {
    auto ending = ending_of(server, 1300 * millisecond);
    ending.connection.age = 30 * second + 100 * millisecond;
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::closed_without_close_frame});
    note_mark(MarkPlace::via, "1.1 google", ending.connection.marks);
    EXPECT_EQ(kinds(ending), (std::vector{Diagnosis::closed_without_close_frame, Diagnosis::lifetime_limit}));
}

TEST(CloseFrame, OfEachCode) {
    struct Case {
        Direction from;
        std::uint16_t code;
        std::vector<Diagnosis> expected;
    };
    const Case cases[] = {
        {server, 1000, {}},
        {server, 1001, {}},
        {server, 1002, {Diagnosis::message_rejected}},
        {client, 1003, {Diagnosis::message_rejected}},
        {client, 1007, {Diagnosis::message_rejected}},
        {server, 1008, {Diagnosis::session_rejected}},
        {client, 1008, {}},
        {server, 1009, {Diagnosis::message_too_big}},
        {client, 1009, {Diagnosis::message_too_big}},
        {server, 1011, {Diagnosis::server_error}},
        {client, 1011, {}},
        {server, 1012, {Diagnosis::server_error}},
        {server, 1014, {Diagnosis::server_error}},
        {server, 1015, {}},
        {server, 3000, {Diagnosis::session_rejected}},
        {server, 4000, {}},
        {server, 4401, {Diagnosis::session_rejected}},
        {server, 4404, {}},
    };
    for (const auto& [from, code, expected] : cases)
        EXPECT_EQ(kinds(diagnose_close({from, code, "why"}, {})), expected) << code;
    EXPECT_TRUE(diagnose_close({server, {}, {}}, {}).empty());
}

TEST(CloseFrame, QuotesItsReason) {
    const auto found = diagnose_close({server, 1011, "db pool exhausted"}, {});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_TRUE(has(found[0].seen, "\"db pool exhausted\"")) << found[0].seen;
}

TEST(CloseFrame, IsAboutTheVeryMessage) {
    ConnectionFacts facts;
    facts.last_message[0] = 30;
    EXPECT_EQ(diagnose_close({server, 1009, {}}, facts).at(0).about, 30U);
    EXPECT_EQ(diagnose_close({server, 1002, {}}, facts).at(0).about, 30U);
    facts.violation_packet[0] = 28;
    facts.violation[0] = Violation::client_unmasked;
    const auto found = diagnose_close({server, 1002, {}}, facts).at(0);
    EXPECT_EQ(found.about, 28U);
    EXPECT_TRUE(has(found.cause, "client_unmasked")) << found.cause;
}

TEST(CloseFrame, OfASideThatWaited) {
    ConnectionFacts facts;
    facts.missing[1] = {"ping", 12, 20 * second, 1};
    // "keepalive ping timeout" is what python-websockets says.
    EXPECT_EQ(kinds(diagnose_close({server, 1011, "keepalive ping timeout"}, facts)), std::vector{Diagnosis::pong_timeout});
    EXPECT_EQ(kinds(diagnose_close({server, 1000, "heartbeat timeout"}, facts)), std::vector{Diagnosis::pong_timeout});
    EXPECT_EQ(kinds(diagnose_close({server, {}, {}}, facts)), std::vector{Diagnosis::pong_timeout});
    EXPECT_TRUE(diagnose_close({server, 1000, "bye"}, facts).empty());
    EXPECT_TRUE(diagnose_close({client, 1000, "bye"}, facts).empty());
}

TEST(Message, ACompressedOneHasAByte) {
    EXPECT_TRUE(is_notable(true, 0));
    EXPECT_FALSE(is_notable(true, 1));
    EXPECT_FALSE(is_notable(false, 0));
    EXPECT_TRUE(has(diagnose_message(client).seen, "client"));
}

TEST(Repeats, CountEachTime) {
    EXPECT_TRUE(has(diagnose_no_answer(4, 15 * second).seen, "sent 5 times in 15.000 s"));
    EXPECT_TRUE(has(diagnose_unacknowledged(client, 4, 3 * second).seen, "5 times in 3.000 s"));
}

TEST(Ending, OfAHandshakeSaysWhatCameAndWhoLeft) {
    auto ending = ending_of(server, 0);
    ending.handshake_pending = true;
    ending.since_request = 3 * second;
    ending.answered_bytes = 17;
    ending.retransmissions = 2;
    auto found = diagnose_ending(ending).at(0);
    EXPECT_TRUE(has(found.seen, "17 bytes came")) << found.seen;
    EXPECT_TRUE(has(found.seen, "sent 3 times")) << found.seen;
    EXPECT_EQ(found.figure, "3.0 s");
    ending.stream = true;
    EXPECT_TRUE(has(all_of(diagnose_ending(ending).at(0)), "RFC 8441"));
    ending.reset = true;
    ending.stream = false;
    EXPECT_TRUE(has(all_of(diagnose_ending(ending).at(0)), "firewall"));
    ending.by = client;
    EXPECT_TRUE(has(all_of(diagnose_ending(ending).at(0)), "gave up"));
}

TEST(Ending, OfAStreamOfHttp2NamesIt) {
    auto ending = ending_of(server, 40 * millisecond);
    ending.stream = true;
    EXPECT_TRUE(has(diagnose_ending(ending).at(0).seen, "closed the HTTP/2 stream"));
}

TEST(Ending, OfSignsThatStoppedOrOfSeveralQuestions) {
    auto ending = ending_of(server, 2 * second);
    ending.connection.missing[1] = {"Engine.IO ping", 9, 45 * second, 0};
    EXPECT_TRUE(has(diagnose_ending(ending).at(1).seen, "No Engine.IO ping of the client came for 45.000 s (the last in #9)"));
    ending.connection.missing[1] = {"ping", 9, 45 * second, 3};
    EXPECT_TRUE(has(diagnose_ending(ending).at(1).seen, "3 of the server's pings (first in #9) had no answer"));
}

TEST(Ending, NamesWhoseTimerMissedAPong) {
    const auto row = std::find_if(timeout_table().begin(), timeout_table().end(), [](const TimeoutInfo& one) {
        return one.timer == Timer::no_pong && (one.ends & by_fin) && one.need == MarkNeed::may && one.place == MarkPlace::none;
    });
    ASSERT_NE(row, timeout_table().end());
    auto ending = ending_of(server, 2 * second);
    ending.connection.missing[1] = {"ping", 9, row->seconds * second, 1};
    EXPECT_TRUE(has(diagnose_ending(ending).at(1).cause, row->who)) << diagnose_ending(ending).at(1).cause;
}

TEST(Ending, OfADislikedResponseComesSoon) {
    auto ending = ending_of(client, 3 * millisecond);
    ending.connection.client_spoke = false;
    ending.connection.dislike.kind = Dislike::Kind::no_subprotocol;
    ending.connection.age = 3 * second;
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::closed_without_close_frame});
    ending.connection.age = second;
    ending.by = server;
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::closed_without_close_frame});
}

TEST(Ending, AfterASilenceThatIsNotTheGap) {
    auto ending = ending_of(server, 1234 * millisecond);
    ending.reset = true;
    ending.connection.gap = 400 * second;
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::aborted}) << "the reset did not answer the packet after the gap";
}

/// nginx arms its timers lazily: those of Statistics::armed.
TEST(Ending, OfATimerThatIsArmedLazily) {
    auto ending = ending_of(server, 7 * second + 300 * millisecond);
    ending.connection.lazy_silence = 8 * second;
    EXPECT_EQ(kinds(ending), (std::vector{Diagnosis::closed_without_close_frame, Diagnosis::idle_timeout}));
    ending.connection.lazy_silence = 60 * second;
    EXPECT_TRUE(has(diagnose_ending(ending).at(1).cause, "nginx"));
    ending.connection.lazy_silence = 8 * second + 300 * millisecond;
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::closed_without_close_frame});
    ending.connection.lazy_silence = 8 * second;
    ending.connection.marks.server_named = true; // by another name
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::closed_without_close_frame});
}

TEST(Ending, OfOneSidesSilence) {
    auto ending = ending_of(server, 1700 * millisecond);
    note_mark(MarkPlace::via, "1.1 abc.cloudfront.net (CloudFront)", ending.connection.marks);
    ending.connection.silence_of[1] = 600 * second + 20 * millisecond;
    const auto found = diagnose_ending(ending);
    ASSERT_EQ(kinds(found), (std::vector{Diagnosis::closed_without_close_frame, Diagnosis::idle_timeout}));
    EXPECT_TRUE(has(found[1].seen, "The server was silent for")) << found[1].seen;
}

TEST(CloseFrame, OfAServerThatIsOverloaded) {
    EXPECT_TRUE(has(diagnose_close({server, 1013, {}}, {}).at(0).cause, "overloaded"));
}

TEST(CloseFrame, OfATimerOfTheServersProduct) {
    ConnectionFacts facts;
    note_mark(MarkPlace::host, "abc.execute-api.eu-west-1.amazonaws.com", facts.marks);
    facts.silence = 600 * second + 10 * millisecond;
    facts.age = 900 * second;
    auto found = diagnose_close({server, 1001, "Going away"}, facts);
    ASSERT_EQ(kinds(found), std::vector{Diagnosis::idle_timeout});
    EXPECT_TRUE(has(found[0].cause, "AWS API Gateway")) << found[0].cause;
    EXPECT_TRUE(has(found[0].seen, "\"Going away\"")) << found[0].seen;
    facts.age = 7200 * second + 10 * millisecond;
    found = diagnose_close({server, 1001, "Going away"}, facts);
    ASSERT_EQ(kinds(found), std::vector{Diagnosis::lifetime_limit});
    EXPECT_TRUE(has(found[0].check, "no ping prevents this")) << found[0].check;
}

TEST(CloseFrame, WhoseReasonSpeaksOfTime) {
    ConnectionFacts facts;
    facts.missing[1] = {"ping", 12, 20 * second, 1};
    for (const auto* reason : {"Timeout", "the request timed out", "no HEARTBEAT", "Ping"})
        EXPECT_EQ(kinds(diagnose_close({server, 1000, reason}, facts)), std::vector{Diagnosis::pong_timeout}) << reason;
}

TEST(LifeAfterReset, NamesBothPackets) {
    const auto found = diagnose_life_after_reset(server, 12, 14);
    EXPECT_EQ(found.diagnosis, Diagnosis::reset_by_middlebox);
    EXPECT_TRUE(has(found.seen, "#12")) << found.seen;
    EXPECT_TRUE(has(found.seen, "the server, which goes on sending in #14")) << found.seen;
}

} // namespace
} // namespace ws::test
