// SPDX-License-Identifier: GPL-2.0-or-later
#include "waiting.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace wscap {

struct Waiting::Block {
    Block* next;
    std::uint32_t used, size;
};

/// Before the packet's bytes and options. Packed, since a hundred thousand handshakes of three packets each
/// have to fit into memory.
struct [[gnu::packed, gnu::aligned(2)]] Waiting::Record {
    std::uint64_t order : 48, payload_offset : 16;
    std::uint64_t timestamp;
    std::uint32_t captured, options, length, sequence;
    std::uint32_t payload_length : 31, direction : 1;
    std::uint16_t interface;

    std::size_t size() const {
        return (sizeof(Record) + captured + options + 1) & ~std::size_t{1};
    }
};

namespace {

// Bytes. Up to `small` a block is exactly as large as it must be: most connections have but three packets.
constexpr std::size_t small = 1024, largest_block = 16384;
constexpr std::size_t allocator = 8; // bytes that malloc adds to each block

} // namespace

Waiting& Waiting::operator=(Waiting&& other) noexcept {
    if (this != &other) {
        clear();
        first_ = std::exchange(other.first_, nullptr);
        last_ = std::exchange(other.last_, nullptr);
        memory_ = std::exchange(other.memory_, 0);
    }
    return *this;
}

void Waiting::add(const Entry& entry) {
    const Packet& packet = entry.packet;
    Record record{};
    record.order = packet.order & 0xFFFFFFFFFFFF;
    record.timestamp = packet.timestamp;
    record.interface = static_cast<std::uint16_t>(packet.interface);
    record.captured = static_cast<std::uint32_t>(packet.data.size());
    record.length = packet.length;
    record.sequence = entry.sequence;
    record.options = static_cast<std::uint32_t>(packet.options.size());
    record.payload_length = entry.payload_length & 0x7FFFFFFF;
    record.direction = entry.direction & 1;
    // A payload put together from IP fragments is not part of this packet.
    const auto offset = entry.payload.data() - packet.data.data();
    const bool inside =
        !entry.payload.empty() && offset > 0 && offset < 65536 && offset + entry.payload.size() <= packet.data.size();
    record.payload_offset = static_cast<std::uint16_t>(inside ? offset : 0);

    const std::size_t size = record.size();
    if (!last_ || (last_ == first_ && last_->used + size <= small))
        fit_first_block(size);
    if (last_->size - last_->used < size) {
        const std::size_t room = std::max(std::clamp<std::size_t>(last_->size * 2, small, largest_block), size);
        auto* block = static_cast<Block*>(std::malloc(sizeof(Block) + room));
        if (!block)
            throw std::bad_alloc();
        *block = {nullptr, 0, static_cast<std::uint32_t>(room)};
        last_ = last_->next = block;
        memory_ += sizeof(Block) + room + allocator;
    }
    auto* to = reinterpret_cast<std::uint8_t*>(last_ + 1) + last_->used;
    std::memcpy(to, &record, sizeof record);
    if (record.captured)
        std::memcpy(to + sizeof record, packet.data.data(), record.captured);
    if (record.options)
        std::memcpy(to + sizeof record + record.captured, packet.options.data(), record.options);
    last_->used += static_cast<std::uint32_t>(size);
}

/// Makes room for `size` bytes more in the only block.
void Waiting::fit_first_block(std::size_t size) {
    const std::size_t used = first_ ? first_->used : 0;
    auto* block = static_cast<Block*>(std::realloc(first_, sizeof(Block) + used + size));
    if (!block)
        throw std::bad_alloc();
    *block = {nullptr, static_cast<std::uint32_t>(used), static_cast<std::uint32_t>(used + size)};
    first_ = last_ = block;
    memory_ = sizeof(Block) + used + size + allocator;
}

void Waiting::clear() noexcept {
    while (first_) {
        Block* next = first_->next;
        std::free(first_);
        first_ = next;
    }
    last_ = nullptr;
    memory_ = 0;
}

Waiting::Entry Waiting::read(const Record& record) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&record + 1);
    Entry entry;
    entry.packet = {record.order,  record.timestamp,         record.interface,
                    record.length, {bytes, record.captured}, {bytes + record.captured, record.options}};
    entry.sequence = record.sequence;
    entry.payload_length = record.payload_length;
    entry.direction = static_cast<std::uint8_t>(record.direction);
    if (record.payload_offset)
        entry.payload = entry.packet.data.subspan(
            record.payload_offset, std::min<std::size_t>(record.captured - record.payload_offset, record.payload_length));
    return entry;
}

const Waiting::Record* Waiting::begin(const Block* block) {
    return block ? reinterpret_cast<const Record*>(block + 1) : nullptr;
}

const Waiting::Record* Waiting::after(const Block*& block, const Record* record) {
    const auto* next = reinterpret_cast<const std::uint8_t*>(record) + record->size();
    if (next < reinterpret_cast<const std::uint8_t*>(block + 1) + block->used)
        return reinterpret_cast<const Record*>(next);
    block = block->next;
    return begin(block);
}

} // namespace wscap
