// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "packet.hpp"

#include <array>

namespace wscap {

using ClientRandom = std::array<std::uint8_t, 32>;

struct TlsHello {
    ClientRandom random{};   ///< Names the connection's secrets in a key log.
    std::string server_name; ///< Empty without the extension.
};

enum class HelloResult : std::uint8_t { complete, incomplete, not_tls };

/// Reads a ClientHello (RFC 8446 4.1.2) from the start of a stream; it may be cut into several records.
HelloResult parse_client_hello(Bytes stream, TlsHello& hello);

/// These first bytes of a segment are those of a ClientHello.
bool starts_client_hello(Bytes bytes) noexcept;

} // namespace wscap
