// SPDX-License-Identifier: GPL-2.0-or-later
// PDML becomes lines for a terminal: nothing in them may command it.
#include "fuzz.hpp"
#include "message_lines.hpp"

#include <cstdlib>

namespace ws::fuzz {
namespace {

void print(std::string pdml, bool whole) {
    auto* from = fmemopen(pdml.data(), pdml.size(), "rb");
    char* text = nullptr;
    std::size_t size = 0;
    auto* to = open_memstream(&text, &size);
    wscap::print_messages(from, to, whole);
    std::fclose(from);
    std::fclose(to);
    for (std::size_t i = 0; i < size; ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        demand(c >= 0x20 || c == '\n' || (whole && c == '\t'), "a control character");
        const auto next = i + 1 < size ? static_cast<unsigned char>(text[i + 1]) : 0U;
        demand(c != 0x7f && !(c == 0xc2 && next >= 0x80 && next < 0xa0), "DEL, or C1");
    }
    demand(size <= 1000 + 200 * pdml.size(), "more than was sent");
    std::free(text);
}

/// A value as PDML has it.
std::string quoted(const std::string& text) {
    std::string out;
    for (const char c : text)
        out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;" : std::string(1, c);
    return out;
}

std::string any_packet(Input& input) {
    constexpr const char* names[] = {"ws.message.opcode", "ws.message.text",
                                     "ws.message.data",   "ws.message.length",
                                     "ws.opcode",         "ws.close.code",
                                     "ws.close.reason",   "ws.ping",
                                     "ws.pong",           "ws.payload_length",
                                     "ws.direction",      "ws.handshake.type",
                                     "ws.handshake.url",  "ws.handshake.status",
                                     "frame.time_epoch",  "ip.src",
                                     "ipv6.src",          "ip.dst",
                                     "tcp.srcport",       "tcp.dstport"};
    std::string out = "<packet>\n<proto name=\"ws\">";
    for (auto count = input.below(32); count-- > 0 && input.left();) {
        const auto how = input.number();
        if (how & 1)
            out += "</field>";
        out += std::string("<field name=\"") + input.one_of(names) + "\" show=\"" + quoted(input.text()) + "\" value=\"";
        for (const auto c : exactly(how & 2 ? input.text() : "")) {
            out += "0123456789abcdef"[c >> 4];
            out += "0123456789abcdef"[c & 15];
        }
        out += how & 4 ? "\">" : "\"/>";
    }
    return out + "</proto>\n</packet>\n";
}

} // namespace

void run(Input& input) {
    const auto how = input.number();
    std::string pdml;
    if (how & 1)
        pdml = input.rest();
    while (input.left())
        pdml += any_packet(input);
    if (pdml.empty())
        return;
    print(pdml, true);
    print(pdml, false);
}

} // namespace ws::fuzz
