// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "segment.hpp"

#include <deque>
#include <functional>
#include <unordered_map>
#include <vector>

namespace wscap {

/// Puts fragmented TCP datagrams together, so that their segment can be read, and remembers the packets they
/// came in.
class Defragmenter {
  public:
    /// A datagram, and copies of its fragments in the order they came. Its payload ends at the first missing
    /// byte.
    using Deliver = std::function<void(const Datagram&, const std::vector<Packet>&)>;

    /// `limit`: bytes of fragments to hold.
    Defragmenter(std::size_t limit, Deliver deliver) : limit_(limit), deliver_(std::move(deliver)) {}

    /// Delivers the datagram once it is whole, and what there is of others that have waited too long.
    void add(const Datagram& fragment, const Packet& packet);

    /// Delivers what is left, incomplete as it is.
    void finish();

    /// Packet::order of the oldest fragment held; the largest number if none is.
    std::uint64_t oldest() const;

  private:
    struct Key {
        ws::IpAddress source, destination;
        std::uint32_t id = 0;
        bool operator==(const Key&) const = default;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const;
    };
    struct Piece {
        std::uint32_t offset = 0, length = 0;
        std::size_t packet = 0;   ///< Which of the packets.
        std::size_t at = 0;       ///< Where in its bytes.
        std::size_t captured = 0; ///< How many of its bytes are there.
    };
    struct Pending {
        std::uint64_t serial = 0; ///< Tells it from a later datagram of the same key.
        std::uint8_t version = 0;
        std::uint32_t total = 0; ///< Of the payload, once the last fragment was seen.
        std::vector<Piece> pieces;
        std::vector<std::string> bytes; ///< Data and options of each packet.
        std::vector<Packet> packets;    ///< Spans unset until delivery.
        std::vector<std::size_t> data_sizes;
    };
    using Map = std::unordered_map<Key, Pending, Hash>;

    static bool complete(const Pending& pending);
    void deliver(Map::iterator which);
    void deliver_oldest();
    void drop_delivered();

    std::size_t limit_, held_ = 0;
    std::uint64_t serial_ = 0;
    Deliver deliver_;
    Map pending_;
    std::deque<std::pair<std::uint64_t, Key>> by_age_; ///< Serial and key; may name datagrams already delivered.
};

} // namespace wscap
