// SPDX-License-Identifier: GPL-2.0-or-later
#include "inflate_history.hpp"

#include <algorithm>

namespace ws {
namespace {

/// Work that again() may have to do before it reaches its message, in bytes in and out.
constexpr std::size_t snapshot_distance = 512 * 1024;

} // namespace

InflateHistory::InflateHistory(std::uint8_t window_bits, bool takeover, std::size_t limit, bool complete)
    : takeover_(takeover), limit_(limit), inflater_(window_bits) {
    inflater_.reset(complete);
}

void InflateHistory::take_snapshot() {
    snapshots_.push_back({count_, inflater_.complete(), inflater_.window()});
    since_snapshot_ = 0;
}

Inflated InflateHistory::next(Bytes in, bool remember, InflatedBytes& out) noexcept {
    if (!takeover_)
        inflater_.reset(true);
    else if (remember && (snapshots_.empty() || since_snapshot_ > snapshot_distance))
        take_snapshot();
    const auto result = inflater_.inflate(in, limit_, out);
    // Nothing can be inflated through a message that failed: the next one starts from what is known after it.
    const bool good = result == Inflated::ok || result == Inflated::window_exceeded;
    if (remember) {
        const auto logged = takeover_ && good ? in : Bytes{};
        messages_.push_back({log_.size(), static_cast<std::uint32_t>(logged.size()), result});
        log_.insert(log_.end(), logged.begin(), logged.end());
        since_snapshot_ += in.size() + out.size();
    }
    ++count_;
    if (!good)
        since_snapshot_ = snapshot_distance + 1;
    return result;
}

Inflated InflateHistory::again(std::uint32_t index, Bytes in, InflatedBytes& out) noexcept {
    out.clear();
    if (index >= messages_.size())
        return Inflated::no_context;
    const auto result = messages_[index].result;
    if (result != Inflated::ok && result != Inflated::window_exceeded)
        return result;
    if (!takeover_) {
        replay_.reset(true);
        replay_.inflate(in, limit_, out);
        return result;
    }
    const auto after = std::upper_bound(snapshots_.begin(), snapshots_.end(), index,
                                        [](std::uint32_t i, const Snapshot& s) { return i < s.index; });
    const auto& snapshot = *(after - 1);
    if (!replay_valid_ || replay_next_ > index || replay_next_ < snapshot.index) {
        replay_.restore(snapshot.window, snapshot.complete);
        replay_next_ = snapshot.index;
        replay_valid_ = true;
    }
    while (replay_next_ <= index) {
        const auto& message = messages_[replay_next_++];
        replay_.inflate(Bytes(log_).subspan(message.begin, message.size), limit_, out);
    }
    return result;
}

void InflateHistory::lose_context() noexcept {
    inflater_.reset(false);
    since_snapshot_ = snapshot_distance + 1;
}

} // namespace ws
