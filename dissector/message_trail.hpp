// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "facts.hpp"

#include <array>

namespace ws {

/// What one side of a connection sent first, to find it again on the other side of a proxy that makes a handshake of its own.
class MessageTrail {
  public:
    /// So many messages tell one conversation from another.
    static constexpr std::uint32_t length = 3;

    /// The next message of this side, complete in this packet. True: it was the last that counts.
    bool add(const Message& message, std::uint32_t packet) noexcept;

    /// The same for the same messages in the same order.
    std::uint64_t key() const noexcept { return key_; }

    /// Each message was complete in `packets` of this one before, or with, the other's.
    bool comes_before(const MessageTrail& other) const noexcept;

  private:
    std::uint64_t key_ = 0;
    std::array<std::uint32_t, length> packets_{};
    std::uint32_t count_ = 0;
};

} // namespace ws
