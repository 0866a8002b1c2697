// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "seeded_hash.hpp"
#include "segment.hpp"

#include <functional>
#include <list>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace wscap {

/// Puts fragmented TCP datagrams together, so that their segment can be read, and remembers the packets they
/// came in. A fragment costs no more time where many came before it.
class Defragmenter {
  public:
    /// A datagram, and copies of its fragments in the order they came. Its payload ends at the first missing
    /// byte.
    using Deliver = std::function<void(const Datagram&, const std::vector<Packet>&)>;

    /// What one datagram may take before it is delivered as it is: with the smallest MTU of IPv4, 68 bytes (RFC 791 3.2), the
    /// largest datagram has 1366 fragments.
    static constexpr std::size_t most_fragments = 2048, most_bytes = 512 << 10;

    /// `limit`: bytes of fragments to hold.
    Defragmenter(std::size_t limit, Deliver deliver) : limit_(limit), deliver_(std::move(deliver)) {}

    /// Delivers the datagram once it is whole, and what there is of others that have waited too long.
    void add(const Datagram& fragment, const Packet& packet);

    /// Delivers what is left, incomplete as it is.
    void finish();

    /// Packet::order of the oldest fragment held; the largest number if none is.
    std::uint64_t oldest() const;

    /// Bytes held.
    std::size_t memory() const { return held_; }

  private:
    struct Key {
        ws::IpAddress source, destination;
        std::uint32_t id = 0;
        bool operator==(const Key&) const = default;
    };
    struct Fragment {
        std::uint32_t offset = 0, length = 0;
        std::size_t at = 0;       ///< Where its payload begins in the packet's bytes.
        std::size_t captured = 0; ///< How many bytes of the payload are there.
        std::size_t data_size = 0;
        std::string bytes; ///< Data and options of the packet.
        Packet packet;     ///< Spans unset until delivery.
    };
    struct Pending {
        Key key;
        std::uint8_t version = 0;
        std::uint32_t total = 0;                        ///< Of the payload, once the last fragment was seen.
        std::size_t held = 0;                           ///< Bytes.
        std::map<std::uint32_t, std::uint32_t> covered; ///< Parts of the payload that were sent, each end by its begin.
        std::vector<Fragment> fragments;
    };
    using ByAge = std::list<Pending>;

    static bool complete(const Pending& pending);
    static void cover(Pending& pending, std::uint32_t begin, std::uint32_t end);
    void deliver(ByAge::iterator which);

    std::size_t limit_, held_ = 0;
    Deliver deliver_;
    ByAge by_age_; ///< The oldest first.
    std::unordered_map<Key, ByAge::iterator, SeededHash> pending_;
};

} // namespace wscap
