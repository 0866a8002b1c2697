// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "frame.hpp"

#include <deque>
#include <vector>

namespace ws {

/// Matches pongs with pings: a pong answers the latest ping of the other side with equal data, and the ones before it
/// (RFC 6455 5.5.3).
class PingPong {
  public:
    struct Answer {
        std::uint32_t ping_packet = 0; ///< 0: an unsolicited pong.
        std::int64_t round_trip = 0;   ///< Nanoseconds.
    };

    void ping(Direction direction, std::uint32_t frame_index, Bytes data, std::uint32_t packet, std::int64_t time);
    Answer pong(Direction direction, std::uint32_t frame_index, Bytes data, std::uint32_t packet, std::int64_t time);

    /// The packet of the pong that answers this ping, or 0.
    std::uint32_t answered_in(Direction direction, std::uint32_t frame_index) const;
    /// What pong() returned for this frame.
    Answer answer_of(Direction direction, std::uint32_t frame_index) const;

  private:
    struct Ping {
        std::uint32_t frame_index;
        std::uint32_t packet;
        std::int64_t time;
        std::vector<std::uint8_t> data;
    };
    struct Answered {
        std::uint32_t frame_index;
        std::uint32_t pong_packet;
    };
    struct Pong {
        std::uint32_t frame_index;
        Answer answer;
    };
    // Indexed by the direction of the ping, or of the pong; in order of frame_index.
    std::deque<Ping> open_[2];
    std::vector<Answered> answered_[2];
    std::vector<Pong> pongs_[2];
};

} // namespace ws
