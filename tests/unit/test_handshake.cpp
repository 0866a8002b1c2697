// SPDX-License-Identifier: GPL-2.0-or-later
#include "handshake.hpp"

#include "support.hpp"

#include <gtest/gtest.h>

#include <map>

namespace ws::test {
namespace {

using Fields = std::map<std::string, std::string>;

/// The handshake of RFC 6455 1.3.
const Fields good_request = {{"Host", "server.example.com"},   {"Upgrade", "websocket"},
                             {"Connection", "Upgrade"},        {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                             {"Origin", "http://example.com"}, {"Sec-WebSocket-Protocol", "chat, superchat"},
                             {"Sec-WebSocket-Version", "13"}};
const Fields good_response = {{"Upgrade", "websocket"},
                              {"Connection", "Upgrade"},
                              {"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
                              {"Sec-WebSocket-Protocol", "chat"}};

/// `fields` with `changes`; a value of "-" takes the field away.
Fields changed(Fields fields, const Fields& changes) {
    for (const auto& [name, value] : changes)
        if (value == "-")
            fields.erase(name);
        else
            fields[name] = value;
    return fields;
}

std::string head_text(const std::string& start_line, const Fields& fields) {
    std::string out = start_line + "\r\n";
    for (const auto& [name, value] : fields)
        out.append(name).append(": ").append(value).append("\r\n");
    return out + "\r\n";
}

/// A head and what it says.
struct Read {
    TestArena arena;
    std::string text;
    HttpHead head;
    Handshake handshake;
    Offer offer;

    explicit Read(std::string head_as_text) : text(std::move(head_as_text)) {
        EXPECT_EQ(parse_http_head(text, arena, head), HeadResult::complete) << text;
    }
    std::string violations() const {
        Violations all;
        for (const auto& f : handshake.violations) {
            EXPECT_FALSE(all.has(f.violation)) << "told twice: " << names(all);
            EXPECT_FALSE(f.where.empty());
            EXPECT_TRUE(f.where.data() >= text.data() && f.where.data() + f.where.size() <= text.data() + text.size())
                << "must lie in the head";
            EXPECT_EQ(violation_table()[static_cast<std::size_t>(f.violation)].where, Where::handshake);
            all.add(f.violation);
        }
        return names(all);
    }
    std::string_view where(Violation violation) const {
        for (const auto& f : handshake.violations)
            if (f.violation == violation)
                return f.where;
        return {};
    }
};

struct Request : Read {
    explicit Request(const Fields& changes, const std::string& start_line = "GET /chat HTTP/1.1", bool secure = false)
        : Read(head_text(start_line, changed(good_request, changes))) {
        handshake = read_request(head, secure, arena, offer);
    }
};

struct Response : Read {
    Response(const Fields& changes, const Offer* to, const std::string& start_line = "HTTP/1.1 101 Switching Protocols")
        : Read(head_text(start_line, changed(good_response, changes))) {
        handshake = read_response(head, to, arena);
    }
};

TEST(Handshake, ReadsTheExampleOfRfc6455) {
    const Request request(Fields{});
    const auto& q = request.handshake;
    EXPECT_TRUE(q.is_request);
    EXPECT_EQ(q.start_line, "GET /chat HTTP/1.1");
    EXPECT_EQ(q.url, "ws://server.example.com/chat");
    EXPECT_EQ(q.host->value, "server.example.com");
    EXPECT_EQ(q.origin->value, "http://example.com");
    EXPECT_EQ(q.version->value, "13");
    EXPECT_EQ(q.key->value, "dGhlIHNhbXBsZSBub25jZQ==");
    EXPECT_TRUE(q.key_valid);
    ASSERT_EQ(q.protocols.size(), 2U);
    EXPECT_EQ(q.protocols[0], "chat");
    EXPECT_EQ(q.protocols[1], "superchat");
    EXPECT_EQ(request.violations(), "");

    const Response response({}, &request.offer);
    const auto& a = response.handshake;
    EXPECT_FALSE(a.is_request);
    EXPECT_EQ(a.start_line, "HTTP/1.1 101 Switching Protocols");
    EXPECT_EQ(a.status, 101);
    EXPECT_EQ(a.accept->value, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    EXPECT_EQ(a.accept_expected, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    EXPECT_TRUE(a.accept_valid);
    ASSERT_EQ(a.protocols.size(), 1U);
    EXPECT_EQ(response.violations(), "");
}

TEST(Handshake, MakesTheUrlFromHostAndTarget) {
    EXPECT_EQ(Request(Fields{}, "GET / HTTP/1.1", true).handshake.url, "wss://server.example.com/");
    EXPECT_EQ(Request(Fields{{"Host", "h:8080"}}, "GET /a?b=c HTTP/1.1").handshake.url, "ws://h:8080/a?b=c");
    EXPECT_EQ(Request(Fields{}, "GET ws://other/x HTTP/1.1").handshake.url, "ws://other/x");
    EXPECT_EQ(Request(Fields{}, "GET http://other/x HTTP/1.1").handshake.url, "ws://other/x");
    EXPECT_EQ(Request(Fields{}, "GET https://other/x HTTP/1.1").handshake.url, "wss://other/x");
    EXPECT_EQ(Request(Fields{{"Host", "-"}}).handshake.url, "");
}

TEST(Handshake, IsRecognisedByItsOwnHeaders) {
    const auto request = [](const Fields& changes, const std::string& line = "GET / HTTP/1.1") {
        return is_upgrade_request(Request(changes, line).head);
    };
    const auto response = [](const Fields& changes, const std::string& line = "HTTP/1.1 101 Yes") {
        return is_upgrade_response(Response(changes, nullptr, line).head);
    };
    EXPECT_TRUE(request({}));
    EXPECT_TRUE(request({{"Upgrade", "-"}}));
    EXPECT_TRUE(request({{"Sec-WebSocket-Key", "-"}}));
    EXPECT_TRUE(request({{"Sec-WebSocket-Key", "-"}, {"Upgrade", "h2c, WebSocket"}}));
    EXPECT_FALSE(request({{"Sec-WebSocket-Key", "-"}, {"Upgrade", "h2c"}}));
    EXPECT_FALSE(request({{"Sec-WebSocket-Key", "-"}, {"Upgrade", "-"}}));
    EXPECT_TRUE(response({}));
    EXPECT_TRUE(response({{"Upgrade", "-"}}));
    EXPECT_TRUE(response({{"Sec-WebSocket-Accept", "-"}}));
    EXPECT_FALSE(response({{"Sec-WebSocket-Accept", "-"}}, "HTTP/1.1 426 Upgrade Required"));
    EXPECT_FALSE(response({{"Sec-WebSocket-Accept", "-"}, {"Upgrade", "h2c"}}));
    EXPECT_FALSE(is_upgrade_response(Request(Fields{}).head));
    EXPECT_FALSE(is_upgrade_request(Response({}, nullptr).head));
}

TEST(Handshake, TakesHeadersInAnyCaseAndLists) {
    Read read("GET / HTTP/1.1\r\nHOST: h\r\nupgrade: foo, WebSocket\r\nconnection: keep-alive, UPGRADE\r\n"
              "sec-websocket-key:dGhlIHNhbXBsZSBub25jZQ==  \r\nSEC-WEBSOCKET-VERSION: 13\r\n"
              "Sec-WebSocket-Protocol: a\r\nsec-websocket-protocol: b,c\r\n"
              "Sec-WebSocket-Extensions: permessage-deflate;\r\n "
              "client_max_window_bits\r\nSec-WebSocket-Extensions: x-foo\r\n\r\n");
    read.handshake = read_request(read.head, false, read.arena, read.offer);
    EXPECT_EQ(read.violations(), "");
    EXPECT_EQ(read.handshake.protocols.size(), 3U);
    ASSERT_EQ(read.handshake.extensions.size(), 2U);
    EXPECT_EQ(read.handshake.extensions[0].name, "permessage-deflate");
    EXPECT_EQ(read.handshake.extensions[0].parameters.size(), 1U);
    EXPECT_EQ(read.handshake.extensions[1].name, "x-foo");
}

// Every rule: a handshake that breaks it and no other.
TEST(HandshakeRules, OfTheRequest) {
    struct {
        Fields changes;
        std::string expected;
        std::string start_line = "GET /chat HTTP/1.1";
    } const cases[] = {
        {{{"Sec-WebSocket-Key", "-"}}, "key_missing"},
        {{{"Sec-WebSocket-Key", ""}}, "key_invalid"},
        {{{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ"}}, "key_invalid"},
        {{{"Sec-WebSocket-Version", "-"}}, "version_missing"},
        {{{"Sec-WebSocket-Version", "8"}}, "version_unsupported"},
        {{{"Sec-WebSocket-Version", "014"}}, "version_unsupported"},
        {{{"Sec-WebSocket-Version", ""}}, "version_unsupported"},
        {{}, "method_not_get", "POST /chat HTTP/1.1"},
        {{}, "method_not_get", "get /chat HTTP/1.1"},
        {{}, "http_version", "GET /chat HTTP/1.0"},
        {{}, "", "GET /chat HTTP/1.1"},
        {{}, "", "GET /chat HTTP/2.0"},
        {{{"Upgrade", "h2c, websocket"}, {"Connection", "keep-alive, Upgrade"}}, ""},
        {{{"Host", "-"}}, "host_missing"},
        {{{"Upgrade", "-"}}, "upgrade_missing"},
        {{{"Upgrade", "websockets"}}, "upgrade_missing"},
        {{{"Upgrade", ""}}, "upgrade_missing"},
        {{{"Connection", "-"}}, "connection_missing"},
        {{{"Connection", "keep-alive"}}, "connection_missing"},
        {{{"Sec-WebSocket-Extensions", "a b"}}, "extension_parameter"},
        {{{"Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=16"}}, "extension_parameter"},
        {{{"Sec-WebSocket-Extensions", "permessage-deflate; nonsense"}}, "extension_parameter"},
        {{{"Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits, permessage-deflate, x; y=z"}}, ""},
        {{{"Origin", "-"}, {"Sec-WebSocket-Protocol", "-"}}, ""},
    };
    for (const auto& c : cases)
        EXPECT_EQ(Request(c.changes, c.start_line).violations(), c.expected) << c.expected;
    EXPECT_EQ(
        Request(
            Fields{
                {"Host", "-"}, {"Upgrade", "-"}, {"Connection", "-"}, {"Sec-WebSocket-Key", "-"}, {"Sec-WebSocket-Version", "-"}},
            "PUT / HTTP/1.0")
            .violations(),
        "key_missing version_missing method_not_get http_version host_missing upgrade_missing "
        "connection_missing");
}

TEST(HandshakeRules, OfTheResponse) {
    const auto pmd = "permessage-deflate"s;
    struct {
        Fields offered, changes;
        std::string expected;
    } const cases[] = {
        {{}, {{"Sec-WebSocket-Accept", "-"}}, "accept_missing"},
        {{}, {{"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOO="}}, "accept_wrong"},
        {{}, {{"Sec-WebSocket-Accept", "S3PPLMBITXAQ9KYGZZHZRBK+XOO="}}, "accept_wrong"},
        {{}, {{"Sec-WebSocket-Accept", ""}}, "accept_wrong"},
        {{}, {{"Upgrade", "-"}}, "upgrade_missing"},
        {{}, {{"Connection", "close"}}, "connection_missing"},
        {{}, {{"Sec-WebSocket-Protocol", "other"}}, "protocol_not_offered"},
        {{}, {{"Sec-WebSocket-Protocol", "CHAT"}}, "protocol_not_offered"},
        {{{"Sec-WebSocket-Protocol", "-"}}, {}, "protocol_not_offered"},
        {{}, {{"Sec-WebSocket-Protocol", "chat, superchat"}}, "protocol_not_offered"},
        {{}, {{"Sec-WebSocket-Protocol", "superchat"}}, ""},
        {{}, {{"Upgrade", "WebSocket"}, {"Connection", "keep-alive, Upgrade"}}, ""},
        {{}, {{"Upgrade", "h2c, websocket"}}, "upgrade_missing"},
        {{}, {{"Sec-WebSocket-Protocol", "-"}}, ""},
        {{}, {{"Sec-WebSocket-Extensions", pmd}}, "extension_not_offered"},
        {{{"Sec-WebSocket-Extensions", "x-" + pmd + "; y=" + pmd}}, {{"Sec-WebSocket-Extensions", pmd}}, "extension_not_offered"},
        {{{"Sec-WebSocket-Extensions", pmd}}, {{"Sec-WebSocket-Extensions", pmd}}, ""},
        {{{"Sec-WebSocket-Extensions", pmd}}, {}, ""},
        {{{"Sec-WebSocket-Extensions", pmd}},
         {{"Sec-WebSocket-Extensions", pmd + "; client_max_window_bits=10"}},
         "extension_parameter"},
        {{{"Sec-WebSocket-Extensions", pmd + "; client_max_window_bits"}},
         {{"Sec-WebSocket-Extensions", pmd + "; client_max_window_bits"}},
         "extension_parameter"},
        {{{"Sec-WebSocket-Extensions", pmd + "; server_no_context_takeover"}},
         {{"Sec-WebSocket-Extensions", pmd}},
         "extension_parameter"},
        {{{"Sec-WebSocket-Extensions", pmd + "; server_no_context_takeover, " + pmd}}, {{"Sec-WebSocket-Extensions", pmd}}, ""},
        {{}, {{"Sec-WebSocket-Extensions", "a b"}}, "extension_parameter"},
    };
    for (const auto& c : cases) {
        const Request request(c.offered);
        EXPECT_EQ(Response(c.changes, &request.offer).violations(), c.expected) << c.expected;
    }
}

/// The good head with more fields at its end.
std::string with_more(const std::string& start_line, const Fields& fields, const std::string& more) {
    auto text = head_text(start_line, fields);
    return text.insert(text.size() - 2, more);
}

TEST(HandshakeRules, SayWhichHeadersMayNotBeRepeated) {
    const auto in_request = [](const std::string& more) {
        Read read(with_more("GET / HTTP/1.1", good_request, more));
        read.handshake = read_request(read.head, false, read.arena, read.offer);
        return read.violations() + "|" + std::string(read.where(Violation::header_repeated));
    };
    EXPECT_EQ(in_request("sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"), "header_repeated|AAAAAAAAAAAAAAAAAAAAAA==");
    EXPECT_EQ(in_request("Sec-WebSocket-Version: 8\r\n"), "header_repeated|8");
    EXPECT_EQ(in_request("Sec-WebSocket-Version: \r\n"), "header_repeated|GET / HTTP/1.1");
    EXPECT_EQ(in_request("Sec-WebSocket-Protocol: other\r\nSec-WebSocket-Extensions: a\r\n"
                         "Sec-WebSocket-Extensions: b\r\nUpgrade: h2c\r\nConnection: keep-alive\r\n"),
              "|");

    const Request request(Fields{{"Sec-WebSocket-Extensions", "a, b"}});
    const auto in_response = [&](const std::string& more) {
        Read read(with_more("HTTP/1.1 101 Switching Protocols", good_response, more));
        read.handshake = read_response(read.head, &request.offer, read.arena);
        return read.violations() + "|" + std::string(read.where(Violation::header_repeated));
    };
    EXPECT_EQ(in_response("Sec-WebSocket-Accept: other\r\n"), "header_repeated|other");
    EXPECT_EQ(in_response("Sec-WebSocket-Protocol: superchat\r\n"), "header_repeated|superchat");
    EXPECT_EQ(in_response("Sec-WebSocket-Extensions: a\r\nSec-WebSocket-Extensions: b\r\n"), "header_repeated|b");
    EXPECT_EQ(in_response("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 8\r\n"), "|");
}

TEST(HandshakeRules, JudgeValuesWithoutTheBlanksAroundThem) {
    auto fields = good_request;
    for (auto& [name, value] : fields)
        value = "\t " + value + " \t ";
    Read read(head_text("GET / HTTP/1.1", fields));
    read.handshake = read_request(read.head, false, read.arena, read.offer);
    EXPECT_EQ(read.violations(), "");
    EXPECT_EQ(read.offer.key, "dGhlIHNhbXBsZSBub25jZQ==");

    fields["Sec-WebSocket-Version"] = " 8 \t";
    Read old(head_text("GET / HTTP/1.1", fields));
    old.handshake = read_request(old.head, false, old.arena, old.offer);
    EXPECT_EQ(old.where(Violation::version_unsupported), "8");

    fields = good_response;
    for (auto& [name, value] : fields)
        value += " \t";
    Read answer(head_text("HTTP/1.1 101 Switching Protocols", fields));
    answer.handshake = read_response(answer.head, &read.offer, answer.arena);
    EXPECT_EQ(answer.violations(), "");
}

TEST(HandshakeRules, AnExtensionThatCannotBeReadIsSaid) {
    EXPECT_FALSE(Response({{"Sec-WebSocket-Extensions", "permessage-deflate, x y"}}, nullptr).handshake.extensions_read);
    EXPECT_TRUE(Response({{"Sec-WebSocket-Extensions", "permessage-deflate"}}, nullptr).handshake.extensions_read);
    EXPECT_TRUE(Response({}, nullptr).handshake.extensions_read);
}

TEST(HandshakeRules, ARefusalBreaksNone) {
    const Request request(Fields{});
    const Fields nothing = {
        {"Upgrade", "-"}, {"Connection", "-"}, {"Sec-WebSocket-Accept", "-"}, {"Sec-WebSocket-Protocol", "-"}};
    for (const std::string line : {"HTTP/1.1 401 Unauthorized", "HTTP/1.1 426 Upgrade Required", "HTTP/1.0 200 OK"})
        EXPECT_EQ(Response(nothing, &request.offer, line).violations(), "");
    EXPECT_EQ(
        Response(changed(nothing, {{"Sec-WebSocket-Version", "13, 8"}}), nullptr, "HTTP/1.1 400 No").handshake.version->value,
        "13, 8");
}

TEST(HandshakeRules, WhatTheCaptureLacksBreaksNone) {
    EXPECT_EQ(Response({{"Sec-WebSocket-Accept", "wrong"},
                        {"Sec-WebSocket-Protocol", "other"},
                        {"Sec-WebSocket-Extensions", "permessage-deflate"}},
                       nullptr)
                  .violations(),
              "");
    EXPECT_EQ(Response({{"Sec-WebSocket-Extensions", "permessage-deflate; unknown"}}, nullptr).violations(),
              "extension_parameter");
    const Request without_key(Fields{{"Sec-WebSocket-Key", "-"}});
    EXPECT_EQ(Response({}, &without_key.offer).violations(), "");
}

TEST(HandshakeRules, PointAtTheBytesTheyAreAbout) {
    EXPECT_EQ(Request(Fields{{"Sec-WebSocket-Key", "short"}}).where(Violation::key_invalid), "short");
    EXPECT_EQ(Request(Fields{{"Sec-WebSocket-Key", "-"}}).where(Violation::key_missing), "GET /chat HTTP/1.1");
    EXPECT_EQ(Request(Fields{{"Sec-WebSocket-Version", "7"}}).where(Violation::version_unsupported), "7");
    EXPECT_EQ(Request(Fields{}, "POST / HTTP/1.1").where(Violation::method_not_get), "POST");
    EXPECT_EQ(Request(Fields{}, "GET / HTTP/1.0").where(Violation::http_version), "HTTP/1.0");
    EXPECT_EQ(Request(Fields{{"Connection", "close"}}).where(Violation::connection_missing), "close");
    const Request request(Fields{});
    EXPECT_EQ(Response({{"Sec-WebSocket-Accept", "x"}}, &request.offer).where(Violation::accept_wrong), "x");
    EXPECT_EQ(Response({{"Sec-WebSocket-Accept", "-"}}, &request.offer, "HTTP/1.1 101").where(Violation::accept_missing),
              "HTTP/1.1 101");
    EXPECT_EQ(Response({{"Sec-WebSocket-Protocol", "chat, x"}}, &request.offer).where(Violation::protocol_not_offered), "x");
    EXPECT_EQ(Response({{"Sec-WebSocket-Protocol", "chat, superchat"}}, nullptr).where(Violation::protocol_not_offered),
              "superchat")
        << "one is selected, whatever was offered";
    EXPECT_EQ(Response({{"Sec-WebSocket-Extensions", "a, b;c"}}, &request.offer).handshake.extensions.size(), 2U);
}

TEST(Accept, IsWhatRfc6455Computes) {
    TestArena arena;
    EXPECT_EQ(expected_accept("dGhlIHNhbXBsZSBub25jZQ==", arena), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") << "RFC 6455 1.3";
    EXPECT_EQ(expected_accept("x3JJHMbDL1EzLkh9GBhXDw==", arena), "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
    EXPECT_EQ(expected_accept("", arena).size(), 28U);
}

TEST(Key, IsTheBase64Of16Bytes) {
    for (const auto* key : {"dGhlIHNhbXBsZSBub25jZQ==", "AAAAAAAAAAAAAAAAAAAAAA==", "+/+/+/+/+/+/+/+/+/+/+w=="})
        EXPECT_TRUE(is_valid_key(key)) << key;
    for (const auto* key :
         {"", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQAA", "dGhlIHNhbXBsZSBub25jZ===",
          "dGhlIHNhbXBs-SBub25jZQ==", "dGhlIHNhbXBs_SBub25jZQ==", "dGhlIHNhbXBs SBub25jZQ==", "dGhlIHNhbXBsZSBub25j",
          "dGhlIHNhbXBsZSBub25jZSEx", "AAAAAAAAAAAAAAAAAAAAAAAAAA=="})
        EXPECT_FALSE(is_valid_key(key)) << key;
}

} // namespace
} // namespace ws::test
