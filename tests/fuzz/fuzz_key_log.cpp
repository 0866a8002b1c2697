// SPDX-License-Identifier: GPL-2.0-or-later
// A key log: its lines come out for whom they are, however they come in, against a reading line by line.
#include "fuzz.hpp"
#include "key_log.hpp"

#include <cctype>
#include <sstream>

namespace ws::fuzz {
namespace {

constexpr std::size_t longest_line = 1024;

/// Hex digits of a client random, in lower case; empty if the line has none.
std::string random_of(const std::string& line) {
    const auto space = line.find(' ');
    if (line.empty() || line[0] == '#' || space == std::string::npos || line.size() < space + 66 || line[space + 65] != ' ')
        return {};
    auto random = line.substr(space + 1, 64);
    for (auto& c : random) {
        if (!std::isxdigit(static_cast<unsigned char>(c)))
            return {};
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return random;
}

/// The lines for `wanted`, of a text that is whole.
std::string expected(const std::string& text, const std::string& wanted) {
    std::string out;
    std::istringstream lines(text.substr(0, text.rfind('\n') + 1));
    for (std::string line; std::getline(lines, line);) {
        if (line.size() > longest_line)
            continue;
        while (!line.empty() && line.back() == '\r')
            line.pop_back();
        if (random_of(line) == wanted)
            out += line + "\n";
    }
    return out;
}

} // namespace

void run(Input& input) {
    const auto how = input.number();
    wscap::ClientRandom random;
    for (auto& byte : random)
        byte = static_cast<std::uint8_t>(how & 1 ? 0xab : input.number());
    std::string wanted;
    for (const auto byte : random) {
        wanted += "0123456789abcdef"[byte >> 4];
        wanted += "0123456789abcdef"[byte & 15];
    }
    std::string text;
    while (input.left()) {
        const auto kind = input.number();
        text += kind % 4 == 0 ? input.text() : "LABEL " + wanted + " " + input.text() + (kind % 4 == 1 ? "\r\n" : "\n");
    }
    const auto truth = expected(text, wanted);
    for (const unsigned cut : {0U, 1U, 2U + how}) {
        wscap::KeyLog before, after, small(200, 1);
        before.want(random);
        Cutter(cut).each(text, [&](std::string_view piece) {
            const auto exact = exactly(piece);
            for (auto* log : {&before, &after, &small})
                log->add(as_text(exact));
            return true;
        });
        demand_equal(truth, before.take(), "wanted before");
        demand(after.take().empty(), "lines that nobody wants");
        after.want(random);
        demand_equal(truth, after.take(), "wanted after");
        demand(small.connections() <= 4, "more than the limit");
    }
}

} // namespace ws::fuzz
