// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "arena.hpp"
#include "ascii.hpp"

namespace ws {

struct HeaderField {
    std::string_view name;
    std::string_view value; ///< Without white space around it; a folded value keeps its line breaks.
};

/// Start line and header fields of an HTTP message, as HTTP/1 has them (RFC 9112 2.1). All text points into the parsed bytes.
struct HttpHead {
    bool is_request = false;
    bool extended_connect = false; ///< Of HTTP/2 or later (RFC 8441): without Upgrade, key and accept.
    std::string_view start_line;
    std::string_view method;  ///< Requests only.
    std::string_view target;  ///< Requests only.
    std::string_view version; ///< "HTTP/1.1"
    std::uint16_t status = 0; ///< Responses only; 0 where the three digits are malformed.
    std::string_view reason;
    List<HeaderField> fields;
    std::size_t size = 0; ///< Bytes from the start line through the empty line.

    /// The status accepts a request for WebSocket.
    bool accepts_websocket() const { return extended_connect ? status >= 200 && status < 300 : status == 101; }

    /// The first field of that name (case does not matter), or null.
    const HeaderField* find(std::string_view name) const;

    /// Its value; empty if there is none.
    std::string_view value(std::string_view name) const;

    /// A field of that name has `token` in its list, in any case.
    bool has_token(std::string_view name, std::string_view token) const;
};

enum class HeadResult : std::uint8_t { complete, incomplete, not_http };

/// Parses the head at the start of `bytes`, in linear time. Line ends may be CR LF or LF alone; a line that is no header field is
/// passed over. `incomplete`: a start line (or its beginning) without the empty line yet.
HeadResult parse_http_head(std::string_view bytes, const Arena& arena, HttpHead& head) noexcept;

/// A request to upgrade to WebSocket, well-formed or not: it has Sec-WebSocket-Key or asks for `Upgrade: websocket`.
bool is_upgrade_request(const HttpHead& head) noexcept;

/// A response that speaks of WebSocket by itself: Sec-WebSocket-Accept, or 101 with `Upgrade: websocket`.
bool is_upgrade_response(const HttpHead& head) noexcept;

/// The body that follows a head, as far as the head alone tells (RFC 9112 6.3): a response to HEAD has none, whatever it says.
struct HttpBody {
    enum class Kind : std::uint8_t {
        sized,   ///< `size` bytes.
        chunked, ///< Chunks, which tell where it ends.
        unknown, ///< It ends with the connection, or its length cannot be read.
    };
    Kind kind = Kind::sized;
    std::uint64_t size = 0; ///< At most `largest_body`.
};
constexpr std::uint64_t largest_body = std::uint64_t{1} << 40; ///< Bytes; what claims more is taken for unknown.

HttpBody body_of(const HttpHead& head) noexcept;

/// May be part of a token (RFC 9110 5.6.2), such as a method or the name of a field.
constexpr bool is_token_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

/// Calls `visit(element)` for each element of a comma-separated list (RFC 9110 5.6.1), without white space around it and without
/// the empty ones. Commas inside quoted strings do not separate.
template <class Visit>
void for_each_element(std::string_view list, Visit visit);

/// `text` without white space, also line breaks of folded fields, at either end.
std::string_view trim(std::string_view text);

/// The list has `token` as one of its elements, in any case.
bool list_contains(std::string_view list, std::string_view token);

template <class Visit>
void for_each_element(std::string_view list, Visit visit) {
    std::size_t begin = 0;
    bool quoted = false;
    for (std::size_t i = 0; i <= list.size(); ++i) {
        if (i < list.size()) {
            const char c = list[i];
            if (quoted && c == '\\' && i + 1 < list.size()) {
                ++i;
                continue;
            }
            if (c == '"')
                quoted = !quoted;
            if (c != ',' || quoted)
                continue;
        }
        if (const auto element = trim(list.substr(begin, i - begin)); !element.empty())
            visit(element);
        begin = i + 1;
    }
}

} // namespace ws
