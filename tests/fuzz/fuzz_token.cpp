// SPDX-License-Identifier: GPL-2.0-or-later
// JSON Web Tokens in the places of a request where they are put.
#include "fuzz.hpp"
#include "token.hpp"

#include <glib.h>

namespace ws::fuzz {
namespace {

/// base64url (RFC 4648 5) of what was decoded must be in the text, or the payload ended in bits that count for nothing.
void check_payload(const std::string& payload, std::string_view text) {
    demand(payload.size() <= longest_token_payload, "a payload longer than any");
    auto* base64 = g_base64_encode(reinterpret_cast<const guchar*>(payload.data()), payload.size());
    std::string run(base64);
    g_free(base64);
    std::replace(run.begin(), run.end(), '+', '-');
    std::replace(run.begin(), run.end(), '/', '_');
    while (!run.empty() && run.back() == '=')
        run.pop_back();
    if (!run.empty())
        run.pop_back();
    demand(text.find(run) != std::string_view::npos, "a payload that was not sent");
}

} // namespace

void run(Input& input) {
    const auto target = exactly("/?" + input.text()), value = exactly(input.rest());
    std::string payload;
    std::size_t at = 0, before = 0;
    while (next_token(as_text(value), at, payload)) {
        demand(at > before && at <= value.size(), "the search goes on");
        before = at;
        check_payload(payload, as_text(value));
    }
    demand(at == value.size(), "the search ends");

    TestArena memory;
    const Arena arena = memory;
    HttpHead head;
    head.target = as_text(target);
    for (const auto name : {"Cookie", "Authorization", "Sec-WebSocket-Protocol", "Host"})
        head.fields.push_back(arena, HeaderField{name, as_text(value)});
    std::size_t tokens = 0;
    for_each_token(head, [&](const Token& token) {
        ++tokens;
        check_payload(token.payload, token.where == std::string_view("the query") ? as_text(target) : as_text(value));
    });
    demand(tokens <= most_tokens, "more tokens than are read");
}

} // namespace ws::fuzz
