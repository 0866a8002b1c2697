// SPDX-License-Identifier: GPL-2.0-or-later
#include "diagnosis.hpp"

#include "support.hpp"
#include "token.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

constexpr std::int64_t second = 1000000000;

class Diagnosing : public testing::Test {
  protected:
    static std::vector<Diagnosis> names(const DiagnosedList& list) {
        std::vector<Diagnosis> out;
        for (const auto& diagnosed : list)
            out.push_back(diagnosed.diagnosis);
        return out;
    }

    HttpHead parse(const std::string& text) {
        HttpHead head;
        EXPECT_EQ(parse_http_head(texts_.emplace_back(text), arena_, head), HeadResult::complete);
        return head;
    }

    DiagnosedList request(const std::string& fields, std::int64_t time = 0, ReadClaims claims = none) {
        return diagnose_request(parse("GET /chat HTTP/1.1\r\n" + fields + "\r\n"), time, claims, arena_, notes_);
    }

    DiagnosedList response(const std::string& head, const RequestNotes* notes = nullptr) {
        return diagnose_response(parse(head), {}, notes, arena_);
    }

    std::string text_of(const std::string& head, const RequestNotes* notes = nullptr) {
        const auto list = response(head, notes);
        return list.empty() ? "" : std::string(list.begin()->text);
    }

    static bool none(std::string_view, Claims&) { return false; }

    TestArena arena_;
    std::deque<std::string> texts_;
    RequestNotes notes_;
};

const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"; // RFC 6455 1.3

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

TEST(DiagnosisTable, HasEachRowOnceWithASentence) {
    std::vector<std::string> names;
    for (const auto& row : diagnosis_table()) {
        EXPECT_GT(std::string_view(row.sentence).size(), 20U) << row.name;
        EXPECT_EQ(std::count(names.begin(), names.end(), row.name), 0) << row.name;
        names.emplace_back(row.name);
    }
    EXPECT_EQ(names.at(static_cast<std::size_t>(Diagnosis::idle_timeout)), "idle_timeout");
}

TEST_F(Diagnosing, ACompleteRequestHasNothing) {
    EXPECT_TRUE(request("Host: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n" + key).empty());
    EXPECT_TRUE(request("Host: a\r\n").empty());
}

TEST_F(Diagnosing, SaysWhichHopByHopHeaderIsGone) {
    const std::pair<std::string, std::string> cases[] = {
        {"Upgrade: websocket\r\n", "Connection: Upgrade is gone"},
        {"Connection: Upgrade\r\n", "Upgrade: websocket is gone"},
        {"Connection: close\r\n", "Upgrade and Connection are gone"},
    };
    for (const auto& [fields, gone] : cases) {
        const auto list = request(fields + key);
        ASSERT_EQ(names(list), std::vector{Diagnosis::upgrade_stripped}) << gone;
        EXPECT_TRUE(has(list.begin()->text, gone)) << list.begin()->text;
    }
}

// The payload is {"exp":1000,"nbf":2000} in base64url.
const std::string token = "eyJhbGciOiJub25lIn0.eyJleHAiOjEwMDAsIm5iZiI6MjAwMH0.";

bool read_claims(std::string_view json, Claims& claims) {
    EXPECT_EQ(json, R"({"exp":1000,"nbf":2000})");
    claims = {1000, 2000};
    return true;
}

TEST_F(Diagnosing, ATokenIsValidFromNbfUntilExp) {
    const std::string fields = "Authorization: Bearer " + token + "\r\n";
    const std::pair<std::int64_t, std::vector<Diagnosis>> cases[] = {
        {999, {Diagnosis::token_not_yet_valid}}, // the request is before nbf, and before exp
        {1000, {Diagnosis::token_expired, Diagnosis::token_not_yet_valid}},
        {1999, {Diagnosis::token_expired, Diagnosis::token_not_yet_valid}},
        {2000, {Diagnosis::token_expired}},
    };
    for (const auto& [time, expected] : cases) {
        notes_ = {};
        EXPECT_EQ(names(request(fields, time, read_claims)), expected) << time;
        EXPECT_TRUE(notes_.credentials);
    }
    notes_ = {};
    EXPECT_TRUE(has(request(fields, 1060, read_claims).begin()->text, "expired 60 s before"));
}

TEST_F(Diagnosing, EachStatusThatRefuses) {
    const std::pair<int, std::vector<Diagnosis>> cases[] = {
        {100, {}},
        {200, {Diagnosis::not_upgraded}},
        {302, {Diagnosis::redirected}},
        {400, {Diagnosis::bad_request}},
        {401, {Diagnosis::unauthorized}},
        {403, {Diagnosis::forbidden}},
        {404, {Diagnosis::not_found}},
        {407, {Diagnosis::proxy_auth_required}},
        {418, {}},
        {426, {Diagnosis::upgrade_required}},
        {429, {Diagnosis::rate_limited}},
        {501, {}},
        {502, {Diagnosis::gateway_error}},
        {504, {Diagnosis::gateway_error}},
        {505, {}},
    };
    for (const auto& [status, expected] : cases)
        EXPECT_EQ(names(response("HTTP/1.1 " + std::to_string(status) + " x\r\n\r\n")), expected) << status;
    EXPECT_EQ(names(response("HTTP/1.0 418 x\r\n\r\n")), std::vector{Diagnosis::http10});
}

TEST_F(Diagnosing, QuotesNoSecretsOfAUrl) {
    const auto text = text_of("HTTP/1.1 302 Found\r\nLocation: https://user:pass@sso.example/login?token=secret#part\r\n\r\n");
    EXPECT_TRUE(has(text, "sso.example/login")) << text;
    for (const auto* secret : {"user", "pass", "secret", "part"})
        EXPECT_FALSE(has(text, secret)) << text;
}

TEST_F(Diagnosing, QuotesLittleAndOnOneLine) {
    const auto text = text_of("HTTP/1.1 403 " + std::string(5000, 'n') + "\r\nServer: a\tb\x01\r\n\r\n");
    EXPECT_LT(text.size(), 500U);
    EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= ' '; })) << text;
}

TEST_F(Diagnosing, NamesAnotherOriginThanTheHost) {
    const std::string head = "HTTP/1.1 403 Forbidden\r\n\r\n";
    const RequestNotes other{"api.example:8080", "https://app.example", false, false};
    const RequestNotes same{"APP.example:8080", "https://app.example", false, false};
    EXPECT_TRUE(has(text_of(head, &other), "differ"));
    EXPECT_FALSE(has(text_of(head, &same), "differ"));
    EXPECT_FALSE(has(text_of(head), "differ"));
}

TEST_F(Diagnosing, ACloseThatRejectsComesFromTheServer) {
    for (const std::uint16_t code : std::initializer_list<std::uint16_t>{1008, 3000, 3003, 4401, 4403}) {
        const auto found = diagnose_close(server, code, 2 * second, arena_);
        ASSERT_TRUE(found) << code;
        EXPECT_TRUE(has(found->text, std::to_string(code)) && has(found->text, "2.000 s")) << found->text;
        EXPECT_FALSE(diagnose_close(client, code, 0, arena_)) << code;
    }
    for (const std::uint16_t code : std::initializer_list<std::uint16_t>{1000, 1001, 1011, 4000, 4404})
        EXPECT_FALSE(diagnose_close(server, code, 0, arena_)) << code;
}

TEST_F(Diagnosing, ACompressedMessageHasAByte) {
    Message message{};
    message.compressed = true;
    for (const auto& [from, who] : {std::pair{client, "client"}, {server, "server"}}) {
        const auto found = diagnose_message(from, message, arena_);
        ASSERT_TRUE(found);
        EXPECT_EQ(found->diagnosis, Diagnosis::compressed_empty);
        EXPECT_TRUE(has(found->text, who)) << found->text;
        EXPECT_LT(found->text.size(), 200U); // Wireshark cuts longer ones
    }
    message.wire_length = 1;
    EXPECT_FALSE(diagnose_message(client, message, arena_));
    EXPECT_FALSE(diagnose_message(client, Message{}, arena_));
}

std::vector<Diagnosis> kinds(const Ending& ending) {
    std::vector<Diagnosis> out;
    for (const auto& note : diagnose_ending(ending))
        out.push_back(note.diagnosis);
    return out;
}

TEST(Ending, IsToldByWhoEndedWhat) {
    Ending ending{client};
    ending.silence = second / 2;
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::closed_without_close_frame});
    ending.reset = true;
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::aborted});
    ending.handshake_pending = true;
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::reset_during_handshake});
    ending.reset = false;
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::closed_during_handshake});
}

TEST(Ending, AResetWithAnotherTtlComesFromElsewhere) {
    Ending ending{server};
    ending.reset = true;
    ending.silence = second / 2;
    ending.ttl = 64;
    ending.usual_ttl = 51;
    EXPECT_EQ(kinds(ending), (std::vector{Diagnosis::aborted, Diagnosis::reset_by_middlebox}));
    ending.usual_ttl = 64;
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::aborted});
    ending.usual_ttl = -1;
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::aborted});
    ending.usual_ttl = 51;
    ending.reset = false; // a FIN is the peer's own
    EXPECT_EQ(kinds(ending), std::vector{Diagnosis::closed_without_close_frame});
}

TEST(Ending, NamesWhoseDefaultASilenceFits) {
    // proxy_read_timeout of nginx is 60 s, by its documentation of ngx_http_proxy_module; Cloudflare ends after 100 s.
    const std::pair<std::int64_t, const char*> cases[] = {{60 * second + second / 10, "nginx"}, {100 * second, "Cloudflare"}};
    for (const auto& [silence, who] : cases) {
        Ending ending{server};
        ending.silence = silence;
        const auto notes = diagnose_ending(ending);
        ASSERT_EQ(notes.size(), 2U) << who;
        EXPECT_EQ(notes[1].diagnosis, Diagnosis::idle_timeout);
        EXPECT_TRUE(has(notes[1].text, std::string("default of ") + who)) << notes[1].text;
    }
    Ending ending{server};
    ending.silence = 77 * second;
    EXPECT_TRUE(has(diagnose_ending(ending).at(1).text, "No well-known default fits"));
}

TEST(Ending, ASilenceOfWholeSecondsIsATimers) {
    EXPECT_FALSE(looks_like_timeout(0));
    EXPECT_FALSE(looks_like_timeout(second - 1));
    EXPECT_TRUE(looks_like_timeout(second));
    EXPECT_TRUE(looks_like_timeout(3 * second + second / 100));
    EXPECT_FALSE(looks_like_timeout(3 * second + second / 2));
    EXPECT_TRUE(looks_like_timeout(20 * second + second / 2));
}

TEST(Ending, CountsEachTimeARequestWasSent) {
    EXPECT_TRUE(has(no_answer_text(4, 15 * second), "sent 5 times in 15.000 s"));
}

TEST(ConnectTarget, NamesItsPort) {
    EXPECT_TRUE(connects_to_port_80("host.example:80"));
    EXPECT_TRUE(connects_to_port_80("[::1]:80"));
    EXPECT_FALSE(connects_to_port_80("host.example:8080"));
    EXPECT_FALSE(connects_to_port_80("host.example:443"));
}

} // namespace
} // namespace ws::test
