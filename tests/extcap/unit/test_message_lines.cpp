// SPDX-License-Identifier: GPL-2.0-or-later
#include "message_lines.hpp"

#include <cstdlib>
#include <gtest/gtest.h>
#include <string>

namespace wscap::test {
namespace {

std::string printed(std::string pdml, bool whole = false) {
    setenv("TZ", "UTC", 1);
    char* text = nullptr;
    std::size_t size = 0;
    std::FILE* from = fmemopen(pdml.data(), pdml.size(), "r");
    std::FILE* to = open_memstream(&text, &size);
    print_messages(from, to, whole);
    std::fclose(from);
    std::fclose(to);
    std::string out(text, size);
    std::free(text);
    return out;
}

std::string packet(const std::string& layers) {
    return "<packet>\n<proto name=\"frame\"><field name=\"frame.time_epoch\" "
           "show=\"3661.000002000\"/></proto>\n"
           "<proto name=\"ip\"><field name=\"ip.src\" show=\"10.0.0.1\"/><field name=\"ip.dst\" "
           "show=\"10.0.0.2\"/></proto>\n"
           "<proto name=\"tcp\"><field name=\"tcp.srcport\" show=\"5000\"/><field name=\"tcp.dstport\" "
           "show=\"80\"/></proto>\n" +
           layers + "</packet>\n";
}

std::string message(const std::string& direction, const std::string& opcode, const std::string& hex) {
    const auto name = opcode == "2" ? "ws.message.data" : "ws.message.text";
    return "<proto name=\"ws\" showname=\"WebSocket\nover two lines\"><field name=\"ws.direction\" show=\"" + direction +
           "\"/><field name=\"ws.opcode\" show=\"" + opcode + "\"/><field name=\"ws.message.number\" show=\"1\">" +
           "<field name=\"ws.message.opcode\" show=\"" + opcode + "\"/><field name=\"ws.message.length\" show=\"" +
           std::to_string(hex.size() / 2) + "\"/><field name=\"" + name + "\" show=\"?\" value=\"" + hex + "\"/></field></proto>";
}

TEST(MessageLines, SeveralMessagesOfOnePacket) {
    EXPECT_EQ(printed(packet(message("0", "1", "6869") + message("0", "2", "00ff"))),
              "01:01:01.000002 10.0.0.1:5000 -> 10.0.0.2:80 Text 2 hi\n"
              "01:01:01.000002 10.0.0.1:5000 -> 10.0.0.2:80 Binary 2 00ff\n");
}

TEST(MessageLines, TheClientStandsLeft) {
    EXPECT_EQ(printed(packet(message("1", "1", "6869"))), "01:01:01.000002 10.0.0.2:80 <- 10.0.0.1:5000 Text 2 hi\n");
}

TEST(MessageLines, ControlCharactersCannotReachTheTerminal) {
    for (const bool whole : {false, true}) {
        const auto out = printed(packet(message("0", "1", "1b5d303b071b5b31c29b6d0d7f08")), whole);
        for (const char c : out)
            EXPECT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F)) << int(c);
        EXPECT_EQ(out.find("\xC2\x9B"), std::string::npos); // CSI in one character
    }
}

TEST(MessageLines, NeitherCanThoseOfAnAddress) {
    const std::string pdml = "<packet><proto name=\"ip\"><field name=\"ip.src\" show=\"1\x1b]0;\x07\"/></proto>" +
                             message("0", "1", "6869") + "</packet>";
    EXPECT_EQ(printed(pdml), "00:00:00 1\\x1b]0;\\x07: -> []: Text 2 hi\n");
}

TEST(MessageLines, ATimeBeyondAllCalendars) {
    const std::string pdml =
        "<packet><field name=\"frame.time_epoch\" show=\"9223372036854775807.5\"/>" + message("0", "1", "6869") + "</packet>";
    EXPECT_EQ(printed(pdml), "--:--:--.5 []: -> []: Text 2 hi\n");
}

TEST(MessageLines, WhatIsNoControlCharacterStays) {
    EXPECT_EQ(printed(packet(message("0", "1", "c241c2a9"))), "01:01:01.000002 10.0.0.1:5000 -> 10.0.0.2:80 Text 4 \xC2"
                                                              "A\xC2\xA9\n");
}

TEST(MessageLines, WholeMessages) {
    EXPECT_EQ(printed(packet(message("0", "1", "610a62")), true), "01:01:01.000002 10.0.0.1:5000 -> 10.0.0.2:80 Text 3\na\nb\n");
}

TEST(MessageLines, FramesThatCompleteNoMessageAreSilent) {
    EXPECT_EQ(printed(packet("<proto name=\"ws\"><field name=\"ws.opcode\" show=\"1\"/></proto>")), "");
}

TEST(MessageLines, AnythingElseIsHarmless) {
    EXPECT_EQ(printed("<packet><field name=\"ws.opcode\" show=\"9\"></field></field></proto></packet> <<>> \"<field"), "");
    EXPECT_EQ(printed("no markup at all"), "");
}

} // namespace
} // namespace wscap::test
