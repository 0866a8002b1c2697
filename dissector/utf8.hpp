// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "arena.hpp"

namespace ws {

/// Checks UTF-8 piece by piece (RFC 3629; the well-formed sequences of Unicode's table 3-7).
class Utf8Validator {
  public:
    /// Takes the next bytes; returns how many of them are well-formed so far: bytes.size(), or the position of the first bad
    /// byte.
    std::size_t feed(Bytes bytes) noexcept;

    /// No sequence is left unfinished.
    bool at_boundary() const { return missing_ == 0; }
    bool valid() const { return valid_; }

  private:
    std::uint8_t missing_ = 0; ///< Continuation bytes still to come.
    std::uint8_t low_ = 0x80;  ///< The range that the next of them must lie in.
    std::uint8_t high_ = 0xbf;
    bool valid_ = true;
};

/// How many bytes from the first on are whole, well-formed characters.
std::size_t well_formed_part(Bytes bytes) noexcept;

} // namespace ws
