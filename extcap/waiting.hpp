// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "segment.hpp"

namespace wscap {

/// The packets of one undecided connection, in order. Memory comes in blocks that grow, so that a connection
/// which never says anything stays small and a talkative one is not copied again and again.
class Waiting {
  public:
    /// What is remembered of each packet, with its bytes behind it.
    struct Entry {
        Packet packet;
        std::uint32_t sequence = 0;
        std::uint32_t payload_length = 0; ///< On the wire.
        Bytes payload;
        std::uint8_t direction = 0;
    };

    Waiting() = default;
    Waiting(Waiting&& other) noexcept { *this = static_cast<Waiting&&>(other); }
    Waiting& operator=(Waiting&& other) noexcept;
    ~Waiting() { clear(); }

    void add(const Entry& entry);
    void clear() noexcept;
    bool empty() const { return !first_; }

    /// Bytes of memory in use.
    std::size_t memory() const { return memory_; }

    /// Calls `visit(entry)` for each packet until it returns false.
    template <class Visit>
    void each(Visit visit) const;

  private:
    struct Block;
    struct Record;
    static Entry read(const Record& record);
    static const Record* after(const Block*& block, const Record* record);
    static const Record* begin(const Block* block);

    void fit_first_block(std::size_t size);

    Block* first_ = nullptr;
    Block* last_ = nullptr;
    std::size_t memory_ = 0;
};

template <class Visit>
void Waiting::each(Visit visit) const {
    const Block* block = first_;
    for (const Record* record = begin(block); record; record = after(block, record))
        if (!visit(read(*record)))
            return;
}

} // namespace wscap
