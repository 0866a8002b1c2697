// SPDX-License-Identifier: GPL-2.0-or-later
#include "state/transport.hpp"

#include <algorithm>

namespace ws {

std::uint64_t Transport::Side::take(std::uint32_t sequence, std::uint32_t length) {
    const auto end = sequence + length;
    if (!next) {
        next = end;
        return length;
    }
    const auto ahead = static_cast<std::int32_t>(sequence - *next);
    const auto beyond = static_cast<std::int32_t>(end - *next);
    if (ahead > 0)
        missing += static_cast<std::uint32_t>(ahead);
    else if (beyond <= 0 && missing) // late rather than repeated
        missing -= std::min<std::uint64_t>(missing, length);
    if (beyond <= 0)
        return 0;
    next = end;
    return ahead > 0 ? length : static_cast<std::uint32_t>(beyond);
}

} // namespace ws
