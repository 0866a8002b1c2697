// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "arena.hpp"

namespace ws {

/// Integers in network byte order; the caller has checked that they are there.
inline std::uint16_t be16(Bytes bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

inline std::uint32_t be24(Bytes bytes, std::size_t at) {
    return static_cast<std::uint32_t>(bytes[at]) << 16 | be16(bytes, at + 1);
}

inline std::uint32_t be32(Bytes bytes, std::size_t at) {
    return static_cast<std::uint32_t>(be16(bytes, at)) << 16 | be16(bytes, at + 2);
}

} // namespace ws
