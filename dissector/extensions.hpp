// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "arena.hpp"

namespace ws {

/// One parameter of an extension (RFC 6455 9.1), e.g. `server_max_window_bits=10`.
struct ExtensionParameter {
    std::string_view text; ///< As written.
    std::string_view name;
    std::string_view value; ///< Unquoted, unescaped.
    bool has_value = false;
};

/// One extension offered or accepted, e.g. `permessage-deflate; client_max_window_bits`.
struct Extension {
    std::string_view text; ///< As written, with its parameters.
    std::string_view name;
    List<ExtensionParameter> parameters;
};

/// Appends the extensions of one Sec-WebSocket-Extensions value to `out`. What does not fit the grammar is left out; false then.
bool parse_extensions(std::string_view value, const Arena& arena, List<Extension>& out) noexcept;

/// permessage-deflate as one side described it (RFC 7692 7.1).
struct DeflateParameters {
    bool valid = true; ///< No unknown, repeated or malformed parameter.
    bool server_no_context_takeover = false;
    bool client_no_context_takeover = false;
    std::uint8_t server_max_window_bits = 0; ///< 8 to 15; 0: not given.
    std::uint8_t client_max_window_bits = 0; ///< 8 to 15; 0: not given or given without a value.
    bool client_window_bits_given = false;
};

/// `in_response`: client_max_window_bits needs a value there (RFC 7692 7.1.2.2).
DeflateParameters deflate_parameters(const Extension& extension, bool in_response) noexcept;

/// A response that fits this offer (RFC 7692 7.1): nothing it was not asked for, nothing forgotten that was demanded.
bool deflate_response_fits(const DeflateParameters& offer, const DeflateParameters& response) noexcept;

/// How a connection transforms payloads, as decided by the response.
struct Negotiated {
    enum class Compression : std::uint8_t { none, permessage_deflate, deflate_frame };

    bool known = false; ///< The response was seen. If not, RSV bits and takeover can only be guessed.
    Compression compression = Compression::none;
    bool unknown_extension = false;               ///< It may use any RSV bit and change any payload.
    bool no_context_takeover[2] = {false, false}; ///< Indexed by Direction.
    std::uint8_t window_bits[2] = {15, 15};       ///< Indexed by Direction.
};

/// What the extensions of a 101 response mean for the frames that follow. `all_read`: none was left out for its grammar; one that
/// was may mean anything.
Negotiated negotiate(const List<Extension>& accepted, bool all_read) noexcept;

} // namespace ws
