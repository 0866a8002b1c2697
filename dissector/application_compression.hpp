// SPDX-License-Identifier: GPL-2.0-or-later
// Payloads that the application itself compressed before it sent them.
#pragma once

#include "arena.hpp"

namespace ws {

struct Decompressed {
    const char* format; ///< "zlib", "gzip", "zstd"; null: it was none of them, or could not be read to its end.
    Bytes data;         ///< In the arena.
};

/// Opens what begins as zlib (RFC 1950), gzip (RFC 1952) or Zstandard (RFC 8878) and is that to its end: of zlib also a part that
/// was flushed. `limit`: bytes that come out, at most; nor more than 1100 times those that go in, which is what zlib can.
Decompressed decompress_application(Bytes payload, std::size_t limit, const Arena& arena) noexcept;

} // namespace ws
