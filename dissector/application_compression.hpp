// SPDX-License-Identifier: GPL-2.0-or-later
// Payloads that the application itself compressed before it sent them.
#pragma once

#include "inflate_history.hpp"

namespace ws {

struct Decompressed {
    const char* format = nullptr; ///< "zlib", "zlib stream", "gzip", "zstd"; null: none, or it could not be read to its end.
    Bytes data = {};              ///< In the arena.
    bool goes_on = false;         ///< zlib that was flushed, and not ended: an ApplicationStream may begin with it.
};

/// Opens what begins as zlib (RFC 1950), gzip (RFC 1952) or Zstandard (RFC 8878) and is that to its end: of zlib also a part that
/// was flushed. `limit`: bytes that come out, at most; nor more than 1100 times those that go in, which is what zlib can.
Decompressed decompress_application(Bytes payload, std::size_t limit, const Arena& arena) noexcept;

/// The binary messages of one direction that are parts of one zlib stream, each ending with a flush, as some gateways send them.
class ApplicationStream {
  public:
    /// `first`: the number of the message that the stream begins with. `limit`: bytes of a message, inflated.
    ApplicationStream(std::uint32_t first, std::size_t limit) : history_(15, true, limit, true), first_(first) {}

    /// The first visit, in order. `remember`: again() will be asked for it.
    Decompressed next(Bytes payload, std::uint32_t message, bool remember, const Arena& arena) noexcept;
    /// A message before the next one is missing.
    void lose() noexcept { history_.lose_context(); }
    Decompressed again(Bytes payload, std::uint32_t message, const Arena& arena) noexcept;

  private:
    Bytes deflated(Bytes payload, std::uint32_t message) const;

    InflateHistory history_;
    std::uint32_t first_;
    std::vector<std::uint32_t> messages_; ///< The number of each that was inflated.
};

} // namespace ws
