// SPDX-License-Identifier: GPL-2.0-or-later
// What the records of one connection have to do with each other.
#pragma once

#include "../frame.hpp"
#include "record.hpp"

#include <map>
#include <string>

namespace ws {

/// When and where a message came.
struct Arrival {
    Direction direction;
    std::uint32_t message; ///< Its number in the direction, from 1.
    bool after_loss;       ///< Messages may be missing before it.
    std::uint32_t packet;
    std::int64_t time;
};

// NOLINTNEXTLINE(bugprone-reserved-identifier): the name is in what the compiler writes to move its arrays
class Exchanges {
  public:
    /// For each message, in order. Where messages of its side may be missing before it, attachments are not expected any more,
    /// and what the other side asked without ids may have been answered in what is missing: true.
    bool notice(const Arrival& arrival);
    /// The next message's records: fills in what is known of their links. `keep`: for recall(), which knows the answers too.
    void link(std::span<Record> records, const Arrival& arrival, const Arena& arena, bool keep);
    void recall(std::span<Record> records, const Arrival& arrival) const;

    /// Some record answers a question that is open.
    bool answers_one(std::span<const Record> records, const Arrival& arrival) const;
    /// Only this subprotocol's questions were any.
    void forget_others(const Subprotocol& but);

    static constexpr std::size_t most_open = 4096; ///< Questions of a side; more that nobody answers are forgotten.
    static constexpr std::size_t longest_id = 256; ///< With its scope; a longer one is none that anybody means.

  private:
    struct Key {
        const Subprotocol* of;
        std::string name; ///< Scope and id.
        auto operator<=>(const Key&) const = default;
    };
    struct Place {
        const Subprotocol* of;
        Direction direction;
        std::uint32_t message, record;
        auto operator<=>(const Place&) const = default;
    };
    struct Open {
        Place place;
        std::uint32_t packet;
        std::int64_t time;
        std::string subject;
    };
    struct Kept {
        std::uint32_t asked_in, answered_in;
        std::int64_t time;
        std::string subject;
    };
    /// What one side asked.
    struct Asked {
        std::map<Key, Open> by_id, by_turn;
    };
    struct Side {
        std::uint32_t next_message = 1;
        std::uint32_t header = 0; ///< The packet that binary messages belong to,
        std::uint32_t left = 0;   ///< so many.
    };

    static Key key_of(const Record& record);
    /// The questions of this side that are such as the record is, or answers.
    std::map<Key, Open>& open_of(const Record& record, Direction asker) {
        auto& asked = asked_[static_cast<std::size_t>(asker)];
        return record.link.by_turn ? asked.by_turn : asked.by_id;
    }
    void ask(const Record& record, const Place& place, const Arrival& arrival);
    void answer(Record& record, const Place& place, const Arrival& arrival, const Arena& arena, bool keep);

    Asked asked_[2]; ///< By direction.
    Side sides_[2];
    std::map<Place, Kept> kept_;
    std::map<Place, std::uint32_t> attachments_;
};

} // namespace ws
