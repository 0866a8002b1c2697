// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "inflater.hpp"

namespace ws {

/// Inflates the messages of one direction in order, and any of them again later. It keeps no output: only the compressed bytes
/// and now and then the window, from which a later call inflates on.
class InflateHistory {
  public:
    /// `limit`: longest output that is kept, in bytes. `takeover`: a message may refer to the ones before it.
    InflateHistory(std::uint8_t window_bits, bool takeover, std::size_t limit, bool complete);

    /// The first time: inflates the next message. `remember`: again() will be asked for it.
    Inflated next(Bytes in, bool remember, InflatedBytes& out) noexcept;

    /// Later: the message that was the `index`th (from 0), the same result as the first time. `in` is the same input.
    Inflated again(std::uint32_t index, Bytes in, InflatedBytes& out) noexcept;

    /// How many messages next() was called for.
    std::uint32_t count() const { return count_; }

    /// Messages were lost: what follows may refer to what was not seen.
    void lose_context() noexcept;

  private:
    struct Message {
        std::size_t begin; ///< In log_.
        std::uint32_t size;
        Inflated result;
    };
    struct Snapshot {
        std::uint32_t index; ///< The message that comes next.
        bool complete;
        std::vector<std::uint8_t> window;
    };
    void take_snapshot();

    bool takeover_;
    std::size_t limit_;
    std::uint32_t count_ = 0;
    Inflater inflater_;

    // For again():
    std::vector<std::uint8_t> log_; ///< The compressed messages.
    std::vector<Message> messages_;
    std::vector<Snapshot> snapshots_;
    std::size_t since_snapshot_ = 0; ///< Bytes in and out.
    Inflater replay_;
    std::uint32_t replay_next_ = 0; ///< The message that replay_ stands before.
    bool replay_valid_ = false;
};

} // namespace ws
