// SPDX-License-Identifier: GPL-2.0-or-later
#include "handshake_diagnosis.hpp"

#include "support.hpp"
#include "token.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

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

    DiagnosedList request(const std::string& fields, std::int64_t time = 0) {
        return diagnose_request(parse("GET /chat HTTP/1.1\r\n" + fields + "\r\n"), time, arena_, notes_);
    }

    DiagnosedList response(const std::string& head, const RequestNotes* notes = nullptr, const std::string& body = {}) {
        return diagnose_response(parse(head), {}, body, notes, arena_);
    }

    static std::string all_of(const Diagnosed& found) {
        return std::string(found.seen) + " " + std::string(found.cause) + " " + std::string(found.check);
    }

    std::string text_of(const std::string& head, const RequestNotes* notes = nullptr, const std::string& body = {}) {
        const auto list = response(head, notes, body);
        return list.empty() ? "" : all_of(*list.begin());
    }

    TestArena arena_;
    std::deque<std::string> texts_;
    RequestNotes notes_;
};

const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"; // RFC 6455 1.3

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
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
        EXPECT_TRUE(has(all_of(*list.begin()), gone)) << all_of(*list.begin());
    }
}

// The payload is {"exp":1000,"nbf":2000} in base64url.
const std::string token = "eyJhbGciOiJub25lIn0.eyJleHAiOjEwMDAsIm5iZiI6MjAwMH0.";

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
        EXPECT_EQ(names(request(fields, time)), expected) << time;
        EXPECT_TRUE(notes_.credentials);
    }
    notes_ = {};
    EXPECT_TRUE(has(request(fields, 1060).begin()->seen, "expired 60 s before"));
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
        {501, {Diagnosis::websocket_unsupported}},
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

TEST_F(Diagnosing, EachPartIsWhole) {
    for (int status = 200; status < 600; ++status)
        for (const auto& found : response("HTTP/1.0 " + std::to_string(status) + " x\r\nSec-WebSocket-Version: 13\r\n\r\n"))
            for (const auto part : {found.seen, found.cause, found.check}) {
                EXPECT_LE(part.size(), longest_part);
                EXPECT_FALSE(part.ends_with("…")) << part;
            }
}

TEST_F(Diagnosing, QuotesWhatTheServerSaid) {
    const std::string bad = "HTTP/1.1 400 Bad Request\r\n";
    // nginx 1.22's page, and Engine.IO's answer to an unknown sid.
    EXPECT_TRUE(has(text_of(bad + "Server: nginx/1.22.1\r\n\r\n", nullptr,
                            "<html>\r\n<head><title>400 Request Header Or Cookie Too Large</title></head>\r\n<body>\r\n"),
                    "\"400 Request Header Or Cookie Too Large\""));
    const auto sid = text_of(bad + "\r\n", nullptr, R"({"code":1,"message":"Session ID unknown"})");
    EXPECT_TRUE(has(sid, "Session ID unknown")) << sid;
    EXPECT_FALSE(has(sid, "proxy took")) << sid; // its own words are there
    EXPECT_TRUE(has(text_of(bad + "Transfer-Encoding: chunked\r\n\r\n", nullptr, "12\r\nInvalid namespace!\r\n0\r\n\r\n"),
                    "\"Invalid namespace!\""));
    EXPECT_FALSE(has(text_of(bad + "Content-Encoding: gzip\r\n\r\n", nullptr, "It is compressed"), "It says"));
    EXPECT_TRUE(has(text_of("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"chat\", nonce=1\r\n\r\n"),
                    "WWW-Authenticate: Bearer realm=\"chat\"."));
    EXPECT_TRUE(has(text_of("HTTP/1.1 503 x\r\nRetry-After: 120\r\n\r\n"), "Retry-After: 120."));
}

TEST_F(Diagnosing, BlamesNoProxyForAnUpgradeThatWasThere) {
    const std::string head = "HTTP/1.1 400 Bad Request\r\n\r\n";
    request("Host: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + key);
    EXPECT_FALSE(has(text_of(head, &notes_), "Likely a proxy took"));
    request("Host: a\r\n" + key);
    EXPECT_TRUE(has(text_of(head, &notes_), "Likely a proxy took"));
}

TEST_F(Diagnosing, NamesAnotherOriginThanTheHost) {
    const std::string head = "HTTP/1.1 403 Forbidden\r\n\r\n";
    RequestNotes other, same, port;
    other.host = "api.example:8080";
    same.host = "APP.example";
    port.host = "app.example:8080";
    other.origin = same.origin = port.origin = "https://app.example";
    EXPECT_TRUE(has(text_of(head, &port), "differ"));
    port.host = "app.example:443";
    EXPECT_FALSE(has(text_of(head, &port), "differ"));
    EXPECT_TRUE(has(text_of(head, &other), "differ"));
    EXPECT_FALSE(has(text_of(head, &same), "differ"));
    EXPECT_FALSE(has(text_of(head), "differ"));
}

TEST(ConnectTarget, NamesItsPort) {
    EXPECT_TRUE(connects_to_port_80("host.example:80"));
    EXPECT_TRUE(connects_to_port_80("[::1]:80"));
    EXPECT_FALSE(connects_to_port_80("host.example:8080"));
    EXPECT_FALSE(connects_to_port_80("host.example:443"));
}

TEST_F(Diagnosing, NamesWhoAnswered) {
    EXPECT_TRUE(has(text_of("HTTP/1.1 502 Bad Gateway\r\nServer: nginx\r\nVia: 1.1 varnish\r\n\r\n"),
                    "502 Bad Gateway (Server: nginx, Via: 1.1 varnish)"));
    EXPECT_TRUE(has(text_of("HTTP/1.1 502 Bad Gateway\r\nVia: 1.1 varnish\r\n\r\n"), "502 Bad Gateway (Via: 1.1 varnish)"));
    EXPECT_TRUE(has(text_of("HTTP/1.1 502\r\nServer: nginx\r\n\r\n"), "502 (Server: nginx)"));
    EXPECT_TRUE(has(text_of("HTTP/1.1 504 \r\n\r\n"), "The answer is 504."));
}

TEST_F(Diagnosing, SaysWhichCredentialsWereRefused) {
    const std::string refused = "HTTP/1.1 401 Unauthorized\r\n\r\n";
    EXPECT_FALSE(has(text_of(refused), "The request carried")) << "the request was not seen";
    RequestNotes notes;
    EXPECT_TRUE(has(text_of(refused, &notes), "neither Authorization nor a cookie"));
    notes.credentials = true;
    EXPECT_TRUE(has(text_of(refused, &notes), "so they were not accepted"));
    notes.token_expired = true;
    EXPECT_TRUE(has(text_of(refused, &notes), "a token that had expired"));
    EXPECT_TRUE(has(text_of("HTTP/1.1 403 Forbidden\r\n\r\n", &notes), "a token that had expired"));
    request("Host: a\r\nCookie: session=1\r\n" + key);
    EXPECT_TRUE(notes_.credentials);
}

TEST_F(Diagnosing, TakesUsualPortsForNone) {
    const auto blames_origin = [&](const char* origin, const char* host) {
        RequestNotes notes;
        notes.origin = origin;
        notes.host = host;
        return has(text_of("HTTP/1.1 403 Forbidden\r\n\r\n", &notes), "differ");
    };
    EXPECT_FALSE(blames_origin("https://a.example", "a.example"));
    EXPECT_FALSE(blames_origin("https://a.example:443", "a.example"));
    EXPECT_FALSE(blames_origin("https://a.example", "A.example:443"));
    EXPECT_FALSE(blames_origin("http://a.example:80", "a.example:80"));
    EXPECT_FALSE(blames_origin("", "a.example"));
    EXPECT_FALSE(blames_origin("https://a.example", ""));
    EXPECT_TRUE(blames_origin("https://a.example:8443", "a.example"));
    EXPECT_TRUE(blames_origin("http://a.example:443", "a.example"));
    EXPECT_TRUE(blames_origin("https://b.example", "a.example:443"));
}

TEST_F(Diagnosing, ListsEachVersionThatTheServerSpeaks) {
    const std::string upgrade = "HTTP/1.1 426 Upgrade Required\r\n";
    EXPECT_TRUE(has(text_of(upgrade + "Sec-WebSocket-Version: 13\r\nOther: x\r\nSec-WebSocket-Version: 8\r\n\r\n"),
                    "version 13, 8 of WebSocket"));
    EXPECT_TRUE(has(text_of(upgrade + "\r\n"), "names no version"));
    const std::string endless = "Sec-WebSocket-Version: " + std::string(60, '1') + "\r\n";
    EXPECT_FALSE(has(text_of(upgrade + endless + "Sec-WebSocket-Version: 222\r\n\r\n"), "222"));
}

TEST_F(Diagnosing, SaysEachTokenOnce) {
    // {"exp":10} and {"nbf":99}, with nothing before or behind them that matters.
    const std::string expired = "eyJhIjoxfQ.eyJleHAiOjEwfQ.c2ln", early = "eyJhIjoxfQ.eyJuYmYiOjk5fQ.c2ln";
    const auto found = names(
        request("Authorization: Bearer " + expired + "\r\nCookie: a=" + expired + "; b=" + early + "; c=" + early + "\r\n", 50));
    EXPECT_EQ(found, (std::vector{Diagnosis::token_expired, Diagnosis::token_not_yet_valid}));
}

TEST_F(Diagnosing, WhatIsOnlySoOverHttp2) {
    const auto of_http2 = [&](const char* status) {
        auto head = parse(std::string("HTTP/1.1 ") + status + " x\r\n\r\n");
        head.extended_connect = true;
        return all_of(*diagnose_response(head, {}, {}, nullptr, arena_).begin());
    };
    EXPECT_TRUE(has(of_http2("400"), "RFC 8441"));
    EXPECT_TRUE(has(of_http2("404"), "or a proxy maps it elsewhere."));
    EXPECT_FALSE(has(of_http2("404"), "drops Upgrade"));
}

TEST_F(Diagnosing, AnAcceptThatIsAnothersIsAnAnswerToAnotherRequest) {
    auto head = parse("HTTP/1.1 101 x\r\nSec-WebSocket-Accept: YQ==\r\n\r\n");
    Handshake handshake;
    handshake.accepted = true;
    handshake.accept = head.find("Sec-WebSocket-Accept");
    EXPECT_TRUE(diagnose_response(head, handshake, {}, nullptr, arena_).empty()) << "the key is not known";
    handshake.accept_expected = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    EXPECT_EQ(names(diagnose_response(head, handshake, {}, nullptr, arena_)), std::vector{Diagnosis::accept_mismatch});
    handshake.accept_valid = true;
    EXPECT_TRUE(diagnose_response(head, handshake, {}, nullptr, arena_).empty());
}

TEST_F(Diagnosing, ABodyThatIsCompressedSaysNothing) {
    EXPECT_FALSE(has(text_of("HTTP/1.1 400 x\r\nContent-Encoding: gzip\r\n\r\n", nullptr, "words"), "words"));
    EXPECT_TRUE(has(text_of("HTTP/1.1 400 x\r\n\r\n", nullptr, "words"), "It says: \"words\""));
}

} // namespace
} // namespace ws::test
