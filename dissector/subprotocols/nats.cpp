// SPDX-License-Identifier: GPL-2.0-or-later
// NATS (https://docs.nats.io/reference/reference-protocols/nats-protocol). Messages cut the stream of lines where they like.
#include "record.hpp"
#include "subprotocols.hpp"

#include <algorithm>
#include <charconv>

namespace ws {
namespace {

enum : std::uint8_t { command, subject };
constexpr SubprotocolField fields[] = {
    {"nats.command", "Command", "What the line is", FieldKind::text},
    {"nats.subject", "Subject", "Of a message or subscription", FieldKind::text},
};

struct Command {
    std::string_view name;
    bool has_subject, has_payload, has_json;
};
constexpr Command commands[] = {
    {"INFO", false, false, true},  {"CONNECT", false, false, true}, {"PUB", true, true, false},   {"HPUB", true, true, false},
    {"SUB", true, false, false},   {"UNSUB", false, false, false},  {"MSG", true, true, false},   {"HMSG", true, true, false},
    {"PING", false, false, false}, {"PONG", false, false, false},   {"+OK", false, false, false}, {"-ERR", false, false, false},
};

constexpr std::size_t longest_line = 65536; // a server's INFO is the longest

bool same(std::string_view one, std::string_view other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                      [](char a, char b) { return (a >= 'a' && a <= 'z' ? a - 32 : a) == b; });
}

/// A line, and the payload that it counts; where that ends, or nothing if the next message goes on with it or it is none.
std::optional<std::size_t> add_line(const Reading& reading, Records& records, std::size_t at) {
    constexpr std::string_view blanks = " \t";
    const auto text = reading.text();
    const auto end = text.find("\r\n", at);
    const auto line = text.substr(at, end == std::string_view::npos ? end : end - at);
    const auto word = line.substr(0, line.find_first_of(blanks));
    const bool goes_on = end == std::string_view::npos && line.size() < longest_line;
    const bool cut = goes_on && word.size() == line.size();
    const auto* const known = std::find_if(std::begin(commands), std::end(commands), [&](const Command& row) {
        return same(word, cut ? row.name.substr(0, word.size()) : row.name);
    });
    constexpr const char* no_command = "no command that NATS has";
    if (known == std::end(commands) && records.empty()) {
        records.malformed(nats, reading, no_command);
        return std::nullopt;
    }
    auto& record = records.add(nats, reading.data, at, text.size() - at);
    if (known == std::end(commands)) {
        record.words = "malformed";
        records.stop(at, no_command);
        return std::nullopt;
    }
    auto words = records.line();
    add_part(words, word);
    record.words = words.view();
    if (goes_on) {
        records.goes_on({0, "\r\n"});
        return std::nullopt;
    }
    records.text(command, word);
    const auto rest = line.substr(std::min(line.find_first_not_of(blanks, word.size()), line.size()));
    if (known->has_subject) {
        const auto name = rest.substr(0, rest.find_first_of(blanks));
        records.text(subject, name);
        add_word(words, name);
    } else if (known->name == "-ERR") {
        add_word(words, rest);
    }
    record.words = words.view();
    auto next = end + 2;
    const auto begin = known->has_json ? static_cast<std::size_t>(rest.data() - text.data()) : next;
    std::size_t size = known->has_json ? rest.size() : 0;
    if (known->has_payload) {
        const auto count = rest.substr(rest.find_last_of(blanks) + 1);
        if (std::from_chars(count.data(), count.data() + count.size(), size).ec != std::errc()) {
            records.stop(at, "the size of the payload is no number");
            return std::nullopt;
        }
        if (text.size() - next < 2 || size > text.size() - next - 2) {
            records.goes_on({static_cast<std::size_t>(bounded_sum(size, next + 2 - at)), {}});
            return std::nullopt;
        }
        next += size + 2;
    }
    record.size = static_cast<std::uint32_t>(next - at);
    const auto json = read_json(text.substr(begin, size), reading.arena);
    records.json(json, begin);
    records.looks(known->has_json && json ? Likeness::clear : Likeness::possible);
    return next;
}

void read(const Reading& reading, Records& records) noexcept {
    std::optional<std::size_t> at = 0;
    while (at && *at < reading.data.size() && !records.full())
        at = add_line(reading, records, *at);
}

} // namespace

const Subprotocol nats{"nats", "NATS", fields, read, "ICPHSUMicphsum+-"};

} // namespace ws
