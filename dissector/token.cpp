// SPDX-License-Identifier: GPL-2.0-or-later
#include "token.hpp"

#include <glib.h>

#include <algorithm>

namespace ws {
namespace {

bool is_base64url(char c) {
    return g_ascii_isalnum(c) || c == '-' || c == '_';
}

/// Where the run of base64url characters at `at` ends.
std::size_t run_end(std::string_view text, std::size_t at) {
    while (at < text.size() && is_base64url(text[at]))
        ++at;
    return at;
}

/// JSON objects begin so: `{"`, `{ `, `{` and a line break.
bool may_be_object(std::string_view run) {
    return run.size() >= 4 && run[0] == 'e' && (run[1] == 'y' || run[1] == 'w');
}

std::string decode(std::string_view run) {
    std::string base64(run);
    std::replace(base64.begin(), base64.end(), '-', '+');
    std::replace(base64.begin(), base64.end(), '_', '/');
    base64.append((4 - base64.size() % 4) % 4, '=');
    gsize size = 0;
    auto* bytes = g_base64_decode(base64.c_str(), &size);
    std::string out(reinterpret_cast<const char*>(bytes), size);
    g_free(bytes);
    return out;
}

} // namespace

bool next_token(std::string_view text, std::size_t& at, std::string& payload) {
    while (at < text.size()) {
        const auto header_end = run_end(text, at);
        if (header_end == text.size())
            break;
        if (text[header_end] != '.' || !may_be_object(text.substr(at, header_end - at))) {
            at = header_end + 1;
            continue;
        }
        const auto begin = header_end + 1;
        const auto end = run_end(text, begin);
        const auto run = text.substr(begin, end - begin);
        if (end == text.size() || text[end] != '.' || !may_be_object(run) || run.size() > longest_token_payload) {
            at = begin; // this run may be the header of another
            if (at == end)
                ++at;
            continue;
        }
        payload = decode(run);
        at = end + 1;
        return true;
    }
    at = text.size();
    return false;
}

} // namespace ws
