// SPDX-License-Identifier: GPL-2.0-or-later
#include "message_trail.hpp"

#include <algorithm>
#include <functional>

namespace ws {

bool MessageTrail::add(const Message& message, std::uint32_t packet) noexcept {
    // The beginning tells long messages apart well enough, and costs the same for each.
    constexpr std::size_t looked_at = 256;
    const auto begin = as_text(message.data.first(std::min(message.data.size(), looked_at)));
    for (const std::uint64_t part :
         {std::uint64_t{message.opcode}, std::uint64_t{message.data.size()}, std::uint64_t{std::hash<std::string_view>{}(begin)}})
        key_ = (key_ ^ part) * 0x100000001b3; // FNV-1a
    packets_[count_++] = packet;
    return count_ == length;
}

bool MessageTrail::comes_before(const MessageTrail& other) const noexcept {
    return std::equal(packets_.begin(), packets_.end(), other.packets_.begin(), std::less_equal<>{});
}

} // namespace ws
