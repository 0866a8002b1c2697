// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "extensions.hpp"
#include "http_head.hpp"
#include "violations.hpp"

#include <string>

namespace ws {

struct HandshakeViolation {
    Violation violation;
    std::string_view where; ///< The bytes of the head that it is about; the start line where a header is missing.
};

/// What both halves of the opening handshake tell (RFC 6455 4). Text points into the head or lies in the arena.
struct Handshake {
    bool is_request = false;
    std::string_view start_line;
    List<std::string_view> protocols;
    List<Extension> extensions;
    bool extensions_read = true; ///< Every one fits the grammar and is in the list.
    List<HandshakeViolation> violations;

    // Request
    std::string_view url; ///< Empty if there is no Host.
    const HeaderField* host = nullptr;
    const HeaderField* origin = nullptr;
    const HeaderField* key = nullptr;
    bool key_valid = false;

    // Response
    std::uint16_t status = 0;
    bool accepted = false;
    const HeaderField* accept = nullptr;
    std::string_view accept_expected; ///< Empty if the request's key is not known.
    bool accept_valid = false;

    // Either
    const HeaderField* version = nullptr;
};

/// What a response is judged by; kept from request to response.
struct Offer {
    std::string key;
    std::string protocols;  ///< All Sec-WebSocket-Protocol values, joined by commas.
    std::string extensions; ///< Likewise.
};

/// `secure`: inside TLS, for the URL's scheme. `offer` receives what the response will be judged by.
Handshake read_request(const HttpHead& head, bool secure, const Arena& arena, Offer& offer) noexcept;

/// `offer`: of the request that it answers, or null if that was not captured.
Handshake read_response(const HttpHead& head, const Offer* offer, const Arena& arena) noexcept;

/// Sec-WebSocket-Accept for a key (RFC 6455 4.2.2): base64 of the SHA-1 of key and GUID; 28 characters in the arena.
std::string_view expected_accept(std::string_view key, const Arena& arena) noexcept;

/// The base64 of exactly 16 bytes (RFC 6455 4.1).
bool is_valid_key(std::string_view key) noexcept;

} // namespace ws
