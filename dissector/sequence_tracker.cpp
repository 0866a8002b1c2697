// SPDX-License-Identifier: GPL-2.0-or-later
#include "sequence_tracker.hpp"

#include <algorithm>

namespace ws {

SequenceTracker::Advance SequenceTracker::compare(std::uint32_t sequence, std::uint32_t length) const noexcept {
    const auto ahead = static_cast<std::int32_t>(sequence - next_.value_or(sequence));
    if (ahead > 0)
        return {static_cast<std::uint32_t>(ahead), 0};
    return {0, std::min(0U - static_cast<std::uint32_t>(ahead), length)};
}

SequenceTracker::Advance SequenceTracker::advance(std::uint32_t sequence, std::uint32_t length) noexcept {
    const auto found = compare(sequence, length);
    missing_ += found.lost;
    if (length && found.repeated == length)
        missing_ -= std::min<std::uint64_t>(missing_, length);
    if (const auto end = sequence + length; !next_ || static_cast<std::int32_t>(end - *next_) > 0)
        next_ = end;
    return found;
}

} // namespace ws
