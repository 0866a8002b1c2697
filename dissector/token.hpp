// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "http_head.hpp"

#include <string>

namespace ws {

/// A JSON Web Token in a request; it is read, not verified.
struct Token {
    const char* where;   ///< "Authorization", "a cookie", …
    std::string payload; ///< Decoded: JSON, if it is a token at all.
};

/// The claims of a token are a few hundred bytes; nothing longer is decoded, nor more than so many in one request.
constexpr std::size_t longest_token_payload = 8192;
constexpr std::size_t most_tokens = 16;

/// Calls `visit(token)` for whatever has a token's form in Authorization, the cookies, the query and Sec-WebSocket-Protocol,
/// where browsers, which cannot set headers, put theirs. Linear in the head.
template <class Visit>
void for_each_token(const HttpHead& head, Visit visit);

/// Finds the next run `header.payload.` in `text` from `at` on, moves `at` behind it, and decodes the payload. False: no more.
bool next_token(std::string_view text, std::size_t& at, std::string& payload);

template <class Visit>
void for_each_token(const HttpHead& head, Visit visit) {
    std::size_t found = 0;
    const auto search = [&](std::string_view text, const char* where) {
        Token token{where, {}};
        for (std::size_t at = 0; found < most_tokens && next_token(text, at, token.payload); ++found)
            visit(token);
    };
    if (const auto query = head.target.find('?'); query != std::string_view::npos)
        search(head.target.substr(query), "the query");
    for (const auto& field : head.fields) {
        if (equal_ignoring_case(field.name, "Authorization"))
            search(field.value, "Authorization");
        else if (equal_ignoring_case(field.name, "Cookie"))
            search(field.value, "a cookie");
        else if (equal_ignoring_case(field.name, "Sec-WebSocket-Protocol"))
            search(field.value, "Sec-WebSocket-Protocol");
    }
}

} // namespace ws
