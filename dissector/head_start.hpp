// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "arena.hpp"

#include <optional>

namespace ws {

/// Where frames end and something else begins.
struct HeadStart {
    std::size_t offset;
    bool whole; ///< Else `bytes` end within it.
};

/// Looks for `start` where a frame could begin: `bytes` are frames, one after the other, from `boundary` on.
std::optional<HeadStart> find_head_start(Bytes bytes, std::size_t boundary, std::string_view start) noexcept;

/// `tail` is the end of a head, its beginning missing: returns the offset behind its empty line; 0 if it has none, or something
/// else than lines of text before it.
std::size_t find_head_end(std::string_view tail) noexcept;

} // namespace ws
