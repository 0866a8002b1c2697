// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>

namespace ws {

/// Follows the sequence numbers that one end of a TCP connection gives to its bytes (RFC 9293 3.4), which wrap round at 2^32:
/// what of each segment is new, and what was not captured.
class SequenceTracker {
  public:
    struct Advance {
        std::uint32_t lost = 0;     ///< Bytes between those known so far and this segment.
        std::uint32_t repeated = 0; ///< Bytes at its beginning that lie before those known so far: sent again, or late.
    };

    /// Takes account of a segment: `length` bytes from `sequence` on, captured or cut off. Nothing comes before the first one.
    Advance advance(std::uint32_t sequence, std::uint32_t length) noexcept;

    /// What advance() would return.
    Advance compare(std::uint32_t sequence, std::uint32_t length) const noexcept;

    /// The number of the next new byte; none before the first segment.
    std::optional<std::uint32_t> next() const noexcept { return next_; }

    /// Says where the next new byte is, whatever was known.
    void expect(std::optional<std::uint32_t> next) noexcept { next_ = next; }

    /// Has the segment the next new byte in it?
    bool goes_on_with(std::uint32_t sequence, std::uint32_t length) const noexcept { return next_ && *next_ - sequence < length; }

    /// Bytes that were lost and have not come late: an old segment counts as late while any are missing.
    std::uint64_t missing() const noexcept { return missing_; }

  private:
    std::optional<std::uint32_t> next_;
    std::uint64_t missing_ = 0;
};

} // namespace ws
