// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <type_traits>

namespace wscap {

/// Hashes a plain struct without padding. The seed keeps a sender from choosing addresses that collide.
struct SeededHash {
    std::uint64_t seed = std::random_device{}() | std::uint64_t{1} << 63;

    template <class Key>
    std::size_t operator()(const Key& key) const noexcept {
        static_assert(std::has_unique_object_representations_v<Key>);
        std::uint64_t words[(sizeof key + 7) / 8] = {};
        std::memcpy(words, &key, sizeof key);
        std::uint64_t hash = seed;
        for (const auto word : words) {
            __extension__ const auto product = static_cast<unsigned __int128>(hash ^ word) * 0x9E3779B97F4A7C15u;
            hash = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
        }
        return hash;
    }
};

} // namespace wscap
