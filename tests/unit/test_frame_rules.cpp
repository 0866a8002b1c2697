// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame_rules.hpp"

#include "decoding.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

struct Rule {
    const char* violation;
    std::vector<WireFrame> frames;
    Texts expected; ///< Of each frame.
    Negotiated negotiated = plain();
};

std::vector<Rule> rules_of_either_direction() {
    const WireFrame text{.payload = "text"}, part{.fin = false, .payload = "te"}, end{.opcode = 0, .payload = "xt"};
    const auto close = [](std::string body) { return WireFrame{.opcode = 8, .payload = std::move(body)}; };
    const auto hello = "\xf2\x48\xcd\xc9\xc9\x07\x00"s;
    std::vector<Rule> rules = {
        {"rsv_set", {{.rsv1 = true}, {.rsv2 = true}, {.rsv3 = true, .opcode = 2}, text}, {"rsv_set", "rsv_set", "rsv_set", ""}},
        {"rsv_set", {{.rsv1 = true, .opcode = 9}, {.rsv2 = true, .opcode = 10}, text}, {"rsv_set", "rsv_set", ""}},
        {"rsv_set", {part, {.rsv1 = true, .opcode = 0}, text}, {"", "rsv_set", ""}},
        {"rsv_set", {{.rsv2 = true, .payload = "x"}, {.rsv1 = true, .payload = hello}}, {"rsv_set", ""}, deflate()},
        {"opcode_reserved",
         {{.opcode = 3}, {.opcode = 7}, {.opcode = 11}, {.opcode = 15}, text},
         {"opcode_reserved", "opcode_reserved", "opcode_reserved", "opcode_reserved", ""}},
        {"opcode_reserved", {part, {.opcode = 5}, end}, {"", "opcode_reserved", ""}},
        {"length_not_minimal",
         {{.payload = "", .length_size = 2}, {.payload = "x", .length_size = 8}, text},
         {"length_not_minimal", "length_not_minimal", ""}},
        {"length_not_minimal",
         {{.payload = std::string(125, 'a'), .length_size = 2}, {.payload = std::string(126, 'a')}, text},
         {"length_not_minimal", "", ""}},
        {"length_not_minimal", {{.opcode = 9, .payload = "x", .length_size = 2}, text}, {"length_not_minimal", ""}},
        {"control_too_long",
         {{.opcode = 9, .payload = std::string(125, 'x')},
          {.opcode = 9, .payload = std::string(126, 'x')},
          {.opcode = 10, .payload = std::string(300, 'x')},
          text},
         {"", "control_too_long", "control_too_long", ""}},
        {"control_too_long", {close(close_body(1000, std::string(124, 'x')))}, {"control_too_long"}},
        {"control_fragmented",
         {{.fin = false, .opcode = 9}, {.fin = false, .opcode = 10}, text},
         {"control_fragmented", "control_fragmented", ""}},
        {"control_fragmented", {part, {.fin = false, .opcode = 8}}, {"", "control_fragmented"}},
        {"control_compressed",
         {{.rsv1 = true, .opcode = 9}, {.rsv1 = true, .opcode = 10}, text, {.rsv1 = true, .opcode = 8}},
         {"control_compressed", "control_compressed", "", "control_compressed"},
         deflate()},
        {"continuation_unexpected", {end, text, end, text}, {"continuation_unexpected", "", "continuation_unexpected", ""}},
        {"continuation_unexpected", {part, end, end, text}, {"", "", "continuation_unexpected", ""}},
        {"continuation_compressed", {part, {.rsv1 = true, .opcode = 0}, text}, {"", "continuation_compressed", ""}, deflate()},
        {"continuation_compressed",
         {{.fin = false, .rsv1 = true, .payload = hello.substr(0, 3)}, {.rsv1 = true, .opcode = 0, .payload = hello.substr(3)}},
         {"", "continuation_compressed"},
         deflate()},
        {"data_interleaved", {part, text, text}, {"", "data_interleaved", ""}},
        {"data_interleaved", {part, {.fin = false, .opcode = 2}, end, text}, {"", "data_interleaved", "", ""}},
        {"close_length", {close("x")}, {"close_length"}},
        {"close_reason_not_utf8", {close(close_body(1000, "good \xff"))}, {"close_reason_not_utf8"}},
        {"close_reason_not_utf8", {close(close_body(1000, "half \xe2\x82"))}, {"close_reason_not_utf8"}},
        {"close_reason_not_utf8", {close(close_body(1000, "\xed\xa0\x80"))}, {"close_reason_not_utf8"}},
        {"data_after_close",
         {close(close_body(1000)), text, part, end, {.opcode = 2}},
         {"", "data_after_close", "data_after_close", "data_after_close", "data_after_close"}},
        {"data_after_close", {part, close(""), end}, {"", "", "data_after_close"}},
        {"inflate_failed",
         {{.rsv1 = true, .payload = "\x06"}, {.rsv1 = true, .payload = hello}},
         {"inflate_failed", ""},
         deflate()},
        {"inflate_failed",
         {{.fin = false, .rsv1 = true, .payload = "\x06"}, {.opcode = 0}, text},
         {"", "inflate_failed", ""},
         deflate()},
        {"inflate_failed", {{.rsv1 = true, .payload = "\x06"}, text}, {"inflate_failed", ""}, deflate_frame()},
        {"rsv_set",
         {{.rsv1 = true, .opcode = 9}, {.rsv1 = true, .payload = hello}, {.rsv1 = true, .opcode = 10}},
         {"rsv_set", "", "rsv_set"},
         deflate_frame()},
        {"window_exceeded",
         {{.rsv1 = true, .opcode = 2, .payload = FixedBlock().literals(noise(257)).match(3, 257).message()}, text},
         {"window_exceeded", ""},
         deflate(8)},
        {"text_not_utf8", {{.payload = "bad \xff"}, text}, {"text_not_utf8", ""}},
        {"text_not_utf8", {{.payload = "half \xe2\x82"}, text}, {"text_not_utf8", ""}},
        {"text_not_utf8", {{.fin = false, .payload = "bad \xff"}, end, text}, {"text_not_utf8", "", ""}},
        {"text_not_utf8", {{.fin = false, .payload = "\xe2\x82"}, end, text}, {"", "text_not_utf8", ""}},
        {"text_not_utf8", {{.fin = false, .payload = "\xe2\x82"}, {.opcode = 0}, text}, {"", "text_not_utf8", ""}},
        {"text_not_utf8", {{.payload = "\xff"}, text}, {"text_not_utf8", ""}, deflate()},
        {"text_not_utf8", {{.rsv1 = true, .payload = Deflater().message("bad \xff")}, text}, {"text_not_utf8", ""}, deflate()},
        {"text_not_utf8",
         {{.rsv1 = true, .payload = Deflater().message("bad \xff")}, text},
         {"text_not_utf8", ""},
         deflate_frame()},
    };
    for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 2999U, 5000U, 65535U})
        rules.push_back({"close_code_invalid", {close(close_body(code))}, {"close_code_invalid"}});
    return rules;
}

TEST(Rules, EachIsReportedOnTheFrameThatBreaksItAndNothingElseIs) {
    for (const auto& rule : rules_of_either_direction())
        for (const auto direction : both_directions) {
            const auto s = decoded(direction, joined(direction, rule.frames), rule.negotiated);
            EXPECT_EQ(s.violations(direction), rule.expected) << rule.violation;
            EXPECT_TRUE(s.frames(opposite(direction)).empty());
        }
}

TEST(Rules, EveryFrameRuleHasACase) {
    std::string cases = "client_unmasked server_masked length_msb_set "; // tested below
    for (const auto& rule : rules_of_either_direction())
        cases += rule.violation + " "s;
    for (const auto& row : violation_table())
        EXPECT_EQ(cases.find(row.name + " "s) != std::string::npos, row.where != Where::handshake) << row.name;
}

TEST(Rules, MaskingIsDemandedOfClientsAndForbiddenToServers) {
    for (const unsigned opcode : {1U, 2U, 8U, 9U, 10U}) {
        const WireFrame bare{.opcode = opcode}, masked{.opcode = opcode, .key = "abcd"};
        EXPECT_EQ(decoded(client, wire(bare) + wire(masked)).violations(client)[0], "client_unmasked");
        EXPECT_EQ(decoded(server, wire(masked) + wire(bare)).violations(server)[0], "server_masked");
        EXPECT_EQ(decoded(client, wire(masked)).violations(client), Texts{""});
        EXPECT_EQ(decoded(server, wire(bare)).violations(server), Texts{""});
    }
    EXPECT_EQ(decoded(client, wire({.payload = "text"})).texts(client), Texts{"text"}) << "decoded all the same";
    EXPECT_EQ(decoded(server, wire({.key = "abcd", .payload = "text"})).texts(server), Texts{"text"});
}

TEST(Rules, CorrectTrafficBreaksNone) {
    Deflater deflater;
    const auto compressed = deflater.message("compressed"), again = deflater.message("compressed");
    std::vector<std::vector<WireFrame>> cases = {
        {{.opcode = 10}, {.opcode = 10, .payload = "unsolicited"}},
        {{}, {.opcode = 2}, {.fin = false}, {.opcode = 0}},
        {{.opcode = 8}},
        {{.fin = false, .payload = "never finished"}, {.opcode = 8}},
        {{.opcode = 8, .payload = close_body(1000)}, {.opcode = 9}, {.opcode = 10}},
        {{.opcode = 9, .payload = std::string(125, '\xff')}, {.opcode = 8, .payload = close_body(1000, std::string(123, 'r'))}},
        {{.rsv1 = true, .payload = compressed}, {.payload = "plain"}, {.rsv1 = true, .payload = again}},
        {{.opcode = 2, .payload = "\xff\xfe\x80 no text"}},
        {{.payload = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5 \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf \xef\xbf\xbf"}},
    };
    for (const unsigned code : {1000U, 1001U, 1002U, 1003U, 1007U, 1008U, 1014U, 3000U, 3999U, 4000U, 4999U})
        cases.push_back({{.opcode = 8, .payload = close_body(code, "caf\xc3\xa9")}});
    const std::string split = "\xce\xba\xe1\xbd\xb9\xf0\x9f\x98\x80";
    for (std::size_t i = 0; i <= split.size(); ++i)
        cases.push_back(
            {{.fin = false, .payload = split.substr(0, i)}, {.opcode = 9}, {.opcode = 0, .payload = split.substr(i)}});
    for (const auto& frames : cases)
        for (const auto direction : both_directions)
            EXPECT_EQ(decoded(direction, joined(direction, frames), deflate()).violations(direction), Texts(frames.size()));
}

TEST(Rules, WhatTheCaptureLacksBreaksNone) {
    // The handshake was not seen: any extension may have been negotiated.
    Session s{Negotiated{}};
    s.feed(server, joined(server, {{.rsv1 = true, .payload = "\x06 not deflate"},
                                   {.rsv1 = true, .payload = "\xf2\x48\xcd\xc9\xc9\x07\x00"s},
                                   {.rsv1 = true, .payload = FixedBlock().match(3, 3000).message()}}));
    EXPECT_EQ(s.violations(server), Texts(3));
    EXPECT_EQ(s.texts(server), (Texts{"<no_context>", "Hello", "<no_context>"}));

    s.feed(server, joined(server, {{.rsv2 = true, .opcode = 3}, {.opcode = 15}}));
    EXPECT_EQ(s.violations(server), Texts(5));

    Session continued{Negotiated{}};
    continued.feed(client, joined(client, {{.fin = false, .opcode = 0, .payload = "\xe2\x82"},
                                           {.opcode = 0, .payload = "\xac of a message that began before"},
                                           {.payload = "next"}}));
    EXPECT_EQ(continued.violations(client), Texts(3));
    EXPECT_EQ(continued.texts(client), (Texts{"<gap>", "next"}));
    EXPECT_TRUE(continued.frames(client)[0]->resynchronised);
    EXPECT_FALSE(continued.frames(client)[1]->resynchronised);
}

TEST(Rules, AFrameWithSeveralFaultsReportsEach) {
    const auto c = decoded(
        client,
        wire({.fin = false, .rsv1 = true, .rsv3 = true, .opcode = 9, .payload = std::string(200, 'x'), .length_size = 8}) +
            wire(client, {.payload = "goes on"}));
    EXPECT_EQ(c.violations(client),
              (Texts{"rsv_set client_unmasked length_not_minimal control_too_long control_fragmented", ""}));
    EXPECT_EQ(c.texts(client), Texts{"goes on"});

    const auto d = decoded(server,
                           joined(server, {{.fin = false, .payload = "unfinished"},
                                           {.rsv2 = true, .key = "abcd", .payload = "\xff", .length_size = 2},
                                           {.rsv1 = true, .rsv2 = true, .opcode = 8, .payload = close_body(1005, "\xff")},
                                           {.rsv1 = true, .opcode = 0},
                                           {.opcode = 3}}),
                           deflate());
    EXPECT_EQ(d.violations(server),
              (Texts{"", "rsv_set server_masked length_not_minimal data_interleaved",
                     "rsv_set control_compressed close_code_invalid close_reason_not_utf8",
                     "continuation_unexpected continuation_compressed data_after_close", "opcode_reserved data_after_close"}));
}

// -----------------------------------------------------------------------------------------------------------
// the rules by themselves

std::string judged(Direction direction, const WireFrame& frame, MessageState message = MessageState::none,
                   bool after_close = false, const Negotiated& negotiated = plain()) {
    FrameHeader header;
    EXPECT_TRUE(parse_frame_header(as_bytes(wire(direction, frame)), header));
    return names(judge_header(header, {direction, negotiated, {}}, message, after_close));
}

TEST(JudgeHeader, DependsOnWhatCameBefore) {
    using enum MessageState;
    for (const auto direction : both_directions) {
        EXPECT_EQ(judged(direction, {.opcode = 0}), "continuation_unexpected");
        EXPECT_EQ(judged(direction, {.opcode = 0}, open), "");
        EXPECT_EQ(judged(direction, {.opcode = 0}, unknown), "");
        EXPECT_EQ(judged(direction, {.opcode = 2}, open), "data_interleaved");
        EXPECT_EQ(judged(direction, {.opcode = 2}, unknown), "");
        EXPECT_EQ(judged(direction, {.opcode = 9}, open, true), "");
        EXPECT_EQ(judged(direction, {.opcode = 1}, none, true), "data_after_close");
    }
}

TEST(JudgeHeader, DependsOnWhatWasNegotiated) {
    const WireFrame compressed{.rsv1 = true}, rest{.rsv1 = true, .opcode = 0}, ping{.rsv1 = true, .opcode = 9};
    using enum MessageState;
    for (const auto direction : both_directions) {
        EXPECT_EQ(judged(direction, compressed), "rsv_set");
        EXPECT_EQ(judged(direction, compressed, none, false, deflate()), "");
        EXPECT_EQ(judged(direction, rest, open, false, deflate()), "continuation_compressed");
        EXPECT_EQ(judged(direction, rest, open, false, deflate_frame()), "");
        EXPECT_EQ(judged(direction, ping, none, false, deflate()), "control_compressed");
        EXPECT_EQ(judged(direction, ping, none, false, Negotiated{}), "");
        EXPECT_EQ(judged(direction, {.rsv2 = true}, none, false, unknown_extension()), "");
    }
}

TEST(JudgeClose, LooksAtThePayloadAlone) {
    const auto verdict = [](const std::string& payload) {
        Frame frame;
        frame.header.payload_length = payload.size();
        frame.payload = as_bytes(payload);
        judge_close(frame);
        return names(frame.violations);
    };
    EXPECT_EQ(verdict(""), "");
    EXPECT_EQ(verdict("x"), "close_length");
    EXPECT_EQ(verdict(close_body(1000, "bye")), "");
    EXPECT_EQ(verdict(close_body(1005)), "close_code_invalid");
    EXPECT_EQ(verdict(close_body(999, "\xff")), "close_code_invalid close_reason_not_utf8");
}

} // namespace
} // namespace ws::test
