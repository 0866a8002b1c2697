// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>

namespace ws {

using Bytes = std::span<const std::uint8_t>;

inline std::string_view as_text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Memory that somebody else releases, all at once: in the plugin the packet's pool, in tests a list of blocks.
/// What the core returns lives here, so that it needs no destructor (Wireshark's exceptions run none).
class Arena {
  public:
    /// Returns `size` bytes aligned for any type; never null.
    using Allocate = void* (*)(void* context, std::size_t size);

    /// Owns `object` from now on, and gives it back with the memory.
    using Keep = void (*)(void* context, std::shared_ptr<const void> object);

    Arena(Allocate allocate, void* context, Keep keeper = nullptr) : allocate_(allocate), context_(context), keep_(keeper) {}

    /// False if it can own nothing.
    bool keep(std::shared_ptr<const void> object) const {
        if (keep_)
            keep_(context_, std::move(object));
        return keep_ != nullptr;
    }

    template <class T>
    T* array(std::size_t count) const {
        static_assert(std::is_trivially_destructible_v<T>);
        return static_cast<T*>(allocate_(context_, count * sizeof(T)));
    }

    Bytes copy(Bytes first, Bytes second = {}) const {
        auto* to = array<std::uint8_t>(first.size() + second.size() + 1);
        if (!first.empty())
            std::memcpy(to, first.data(), first.size());
        if (!second.empty())
            std::memcpy(to + first.size(), second.data(), second.size());
        to[first.size() + second.size()] = 0;
        return {to, first.size() + second.size()};
    }

  private:
    Allocate allocate_;
    void* context_;
    Keep keep_;
};

/// A growing array in an arena; what it outgrew stays there until the arena goes.
template <class T>
class List {
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    template <class Value = T>
    void push_back(const Arena& arena, const Value& value) {
        if (size_ == capacity_) {
            const std::uint32_t grown = capacity_ ? capacity_ * 2 : 4;
            T* to = arena.array<T>(grown);
            if (size_)
                std::memcpy(static_cast<void*>(to), data_, size_ * sizeof(T));
            data_ = to;
            capacity_ = grown;
        }
        new (data_ + size_++) T(value);
    }

    T* begin() { return data_; }
    T* end() { return data_ + size_; }
    const T* begin() const { return data_; }
    const T* end() const { return data_ + size_; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    T& back() { return data_[size_ - 1]; }
    const T& operator[](std::size_t i) const { return data_[i]; }

  private:
    T* data_ = nullptr;
    std::uint32_t size_ = 0;
    std::uint32_t capacity_ = 0;
};

} // namespace ws
