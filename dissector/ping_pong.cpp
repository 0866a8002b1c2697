// SPDX-License-Identifier: GPL-2.0-or-later
#include "ping_pong.hpp"

#include <algorithm>

namespace ws {
namespace {

/// Pings that wait for an answer; older ones are forgotten.
constexpr std::size_t most_open = 256;

template <class Row>
const Row* find(const std::vector<Row>& rows, std::uint32_t frame_index) {
    const auto it = std::lower_bound(rows.begin(), rows.end(), frame_index,
                                     [](const Row& row, std::uint32_t index) { return row.frame_index < index; });
    return it != rows.end() && it->frame_index == frame_index ? &*it : nullptr;
}

constexpr auto index(Direction direction) {
    return static_cast<std::size_t>(direction);
}

} // namespace

void PingPong::ping(Direction direction, std::uint32_t frame_index, Bytes data, std::uint32_t packet, std::int64_t time) {
    auto& open = open_[index(direction)];
    if (open.size() == most_open)
        open.pop_front();
    // Longer data than a control frame may have is not worth keeping: its pong would be as wrong.
    data = data.first(std::min<std::size_t>(data.size(), 125));
    open.push_back({frame_index, packet, time, {data.begin(), data.end()}});
}

PingPong::Answer PingPong::pong(Direction direction, std::uint32_t frame_index, Bytes data, std::uint32_t packet,
                                std::int64_t time) {
    const auto from = index(opposite(direction));
    auto& open = open_[from];
    const auto match = std::find_if(open.rbegin(), open.rend(), [&](const Ping& ping) {
        return std::equal(ping.data.begin(), ping.data.end(), data.begin(), data.end());
    });
    if (match == open.rend())
        return {};
    const Answer answer{match->packet, time - match->time};
    const auto end = match.base();
    for (auto ping = open.begin(); ping != end; ++ping)
        answered_[from].push_back({ping->frame_index, packet});
    open.erase(open.begin(), end);
    pongs_[index(direction)].push_back({frame_index, answer});
    return answer;
}

std::uint32_t PingPong::answered_in(Direction direction, std::uint32_t frame_index) const {
    const auto* row = find(answered_[index(direction)], frame_index);
    return row ? row->pong_packet : 0;
}

PingPong::Answer PingPong::answer_of(Direction direction, std::uint32_t frame_index) const {
    const auto* row = find(pongs_[index(direction)], frame_index);
    return row ? row->answer : Answer{};
}

} // namespace ws
