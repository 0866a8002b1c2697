// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "selector.hpp"

#include <functional>
#include <queue>

namespace wscap {

/// Puts kept packets back into the order of the capture: those that waited for a decision are older than
/// others already decided. Holds back what is newer than the oldest packet still undecided, up to a limit;
/// beyond it only the packets of each connection are in order.
class Ordered final : public Sink {
  public:
    using Emit = std::function<void(const Packet&, std::uint32_t connection)>;
    using Secrets = std::function<void(const ClientRandom&)>;
    using HasSecrets = std::function<bool(const ClientRandom&)>;

    /// `limit`: bytes to hold back. Without `has_secrets` all are known.
    Ordered(std::size_t limit, Emit emit, Secrets secrets, HasSecrets has_secrets = {})
        : limit_(limit), emit_(std::move(emit)), secrets_(std::move(secrets)), has_secrets_(std::move(has_secrets)) {}

    void keep(const Packet& packet, std::uint32_t connection) override;
    void keep_secrets(const ClientRandom& random) override { secrets_(random); }
    bool has_secrets(const ClientRandom& random) override { return !has_secrets_ || has_secrets_(random); }

    /// Emits everything older than that Packet::order.
    void release(std::uint64_t before);

    bool empty() const { return held_.empty(); }

    /// Bytes held back.
    std::size_t memory() const { return memory_; }

  private:
    struct Held {
        std::uint64_t order;
        std::uint64_t timestamp;
        std::uint32_t interface, length, connection, data_size;
        std::string bytes;
        bool operator<(const Held& other) const { return order > other.order; } // the oldest on top
    };

    void emit_oldest();

    std::size_t limit_, memory_ = 0;
    Emit emit_;
    Secrets secrets_;
    HasSecrets has_secrets_;
    std::priority_queue<Held> held_;
};

} // namespace wscap
