// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "facts.hpp"
#include "timeouts.hpp"

namespace ws {

/// What a message does for the life of its connection: the heartbeats of subprotocols, which are messages to WebSocket.
enum class Beat : std::uint8_t {
    none,
    question, ///< The other side has to answer.
    answer,
    sign, ///< Each side sends them by itself.
};
struct Heartbeat {
    Beat beat = Beat::none;
    const char* name = nullptr; ///< "Engine.IO ping"
};

/// `marks` tell whether it may be Engine.IO, whose heartbeats are one digit.
Heartbeat heartbeat_of(const Message& message, const PeerMarks& marks) noexcept;

/// A question of one side, and what came of it.
struct Unanswered {
    const char* name = nullptr; ///< Null: there is none.
    std::uint32_t packet = 0;   ///< Of the first that had no answer.
    std::uint32_t count = 0;    ///< So many in a row.
    std::int64_t time = 0;      ///< Of the first, nanoseconds.
};

/// Pings, and the heartbeats of subprotocols, of one connection.
class Heartbeats {
  public:
    /// A frame of one side, as it is decoded the first time.
    void add(Direction from, const Frame& frame, std::int64_t time, std::uint32_t packet, const PeerMarks& marks) noexcept;

    /// What this side asked and the other has not answered.
    const Unanswered& unanswered(Direction asker) const noexcept { return sides_[static_cast<std::size_t>(asker)].open; }

    /// The signs of life that this side sends by itself: how far apart they were, and what they are; 0: fewer than two.
    std::int64_t interval(Direction of) const noexcept { return sides_[static_cast<std::size_t>(of)].interval; }
    const char* sign(Direction of) const noexcept { return sides_[static_cast<std::size_t>(of)].sign; }
    std::uint32_t last_sign(Direction of) const noexcept { return sides_[static_cast<std::size_t>(of)].last_packet; }

    static bool matters(const Frame& frame, const PeerMarks& marks) noexcept;

  private:
    struct Side {
        Unanswered open;
        std::uint32_t last_ping = 0; ///< The packet of the latest ping.
        std::int64_t last_ping_time = 0;
        // Of questions, answered or not, and of signs
        const char* sign = nullptr;
        std::uint32_t last_packet = 0;
        std::int64_t last_time = 0;
        std::int64_t interval = 0;
    };
    void ask(Side& side, const char* name, std::int64_t time, std::uint32_t packet) noexcept;
    static void note_sign(Side& side, const char* name, std::int64_t time, std::uint32_t packet) noexcept;
    Side sides_[2]; ///< Indexed by Direction.
};

} // namespace ws
