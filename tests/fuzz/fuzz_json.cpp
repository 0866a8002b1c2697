// SPDX-License-Identifier: GPL-2.0-or-later
// Texts that may be JSON.
#include "fuzz.hpp"
#include "json.hpp"

#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

namespace ws::fuzz {
namespace {

constexpr std::string_view blanks = " \t\r\n";

/// Between one token and the next stand only what JSON has there.
std::size_t skip(std::string_view text, std::size_t at, std::size_t to, std::string_view marks) {
    for (; at < to; ++at)
        demand((std::string(blanks) += marks).find(text[at]) != std::string::npos, "a byte that belongs to no token");
    return to;
}

/// Checks the token and all in it; returns where it ends.
std::size_t check(std::string_view text, const JsonToken* all, std::uint32_t index) {
    const auto& token = all[index];
    demand(token.begin < token.end && token.end <= text.size() && token.next > index, "a token in the text");
    const auto source = text.substr(token.begin, token.end - token.begin);
    const bool object = token.kind == JsonKind::object;
    if (!object && token.kind != JsonKind::array) {
        const bool quoted = token.kind == JsonKind::string || token.kind == JsonKind::key;
        demand(quoted == (source.size() > 1 && source.front() == '"' && source.back() == '"'), "quotation marks");
        if (source.find('\\') == std::string_view::npos)
            demand(token.value == (quoted ? source.substr(1, source.size() - 2) : source), "what it says");
        demand(token.value.size() <= source.size(), "no longer than it is written");
        return token.end;
    }
    demand(source.front() == (object ? '{' : '[') && source.back() == (object ? '}' : ']'), "brackets");
    std::size_t at = token.begin + 1;
    auto child = index + 1;
    for (; child < token.next; child = all[child].next) {
        at = skip(text, at, all[child].begin, ",");
        at = check(text, all, child);
        if (object) {
            demand(all[child].kind == JsonKind::key && all[child].next > child + 1, "a member has a value");
            at = skip(text, at, all[child + 1].begin, ":");
            at = check(text, all, child + 1);
            demand(all[child].next == all[child + 1].next, "a member ends with its value");
        }
    }
    demand(child == token.next, "it contains whole tokens");
    skip(text, at, token.end - 1, "");
    return token.end;
}

/// simdjson's other parser reads everything; it refuses what no double holds, and lone surrogates.
void compare(std::string_view text, bool is_json) {
    static simdjson::dom::parser parser;
    const auto error = parser.parse(simdjson::padded_string(text)).error();
    if (is_json)
        demand(!error || error == simdjson::NUMBER_ERROR || error == simdjson::STRING_ERROR, "taken for JSON, and is none");
    const auto first = text.find_first_not_of(blanks);
    const auto opened = std::count_if(text.begin(), text.end(), [](char c) { return c == '{' || c == '['; });
    if (!error && opened < 200 && (text[first] == '{' || text[first] == '['))
        demand(is_json, "JSON that is not taken for it");
}

} // namespace

void run(Input& input) {
    const auto bytes = exactly(input.rest());
    const auto text = as_text(bytes);
    TestArena memory;
    const auto value = read_json(text, memory);
    demand(memory.used() <= 256 + 1024 * text.size(), "memory in proportion to the text");
    compare(text, static_cast<bool>(value));
    if (!value)
        return;
    const auto& root = value.token();
    skip(text, 0, root.begin, "");
    check(text, &root, 0);
    skip(text, root.end, text.size(), "");
    value["exp"].number();
}

} // namespace ws::fuzz
