// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>

namespace ws {

struct CloseCodes {
    std::uint16_t first;
    std::uint16_t last;
    const char* name;
    bool may_be_sent; ///< In a Close frame (RFC 6455 7.4.1, 7.4.2).
};

/// IANA's "WebSocket Close Code Number Registry" and the ranges of RFC 6455 7.4.2, in order and without gaps from 0 to 65535.
std::span<const CloseCodes> close_code_table();

/// The row for a code; every code has one.
const CloseCodes& close_code(std::uint16_t code);

} // namespace ws
