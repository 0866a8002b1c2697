// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include <cstdint>

namespace ws {

inline std::int64_t nanoseconds(const nstime_t& time) {
    return static_cast<std::int64_t>(time.secs) * 1000000000 + time.nsecs;
}

/// Of the packet, since the epoch, in nanoseconds.
inline std::int64_t time_of(const packet_info* pinfo) {
    return nanoseconds(pinfo->abs_ts);
}

} // namespace ws
