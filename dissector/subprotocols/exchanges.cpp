// SPDX-License-Identifier: GPL-2.0-or-later
#include "exchanges.hpp"

#include <algorithm>

namespace ws {
namespace {

bool is_linked(const Record& record) {
    return record.link.kind != Link::none && record.link.scope.size() + record.link.id.size() <= Exchanges::longest_id;
}

bool is_answer(const Record& record) {
    return record.link.kind == Link::answers || record.link.kind == Link::answers_partly;
}

} // namespace

Exchanges::Key Exchanges::key_of(const Record& record) {
    std::string name(record.link.scope);
    name.append(1, '\0').append(record.link.id);
    return {record.of, std::move(name)};
}

bool Exchanges::notice(const Arrival& arrival) {
    auto& side = sides_[static_cast<std::size_t>(arrival.direction)];
    const bool lost = arrival.after_loss || arrival.message != side.next_message;
    side.next_message = arrival.message + 1;
    if (!lost)
        return false;
    side.left = 0;
    asked_[static_cast<std::size_t>(opposite(arrival.direction))].by_turn.clear();
    return true;
}

void Exchanges::ask(const Record& record, const Place& place, const Arrival& arrival) {
    auto& open = open_of(record, arrival.direction);
    if (open.size() >= most_open)
        open.clear();
    open.insert_or_assign(key_of(record), Open{place, arrival.packet, arrival.time, std::string(record.subject)});
}

void Exchanges::answer(Record& record, const Place& place, const Arrival& arrival, const Arena& arena, bool keep) {
    auto& open = open_of(record, opposite(arrival.direction));
    const auto it = open.find(key_of(record));
    if (it == open.end())
        return;
    const auto& asked = it->second;
    record.exchange = {asked.packet, arrival.packet, arrival.time - asked.time, as_text(arena.copy(as_bytes(asked.subject)))};
    if (keep) {
        const Kept kept{asked.packet, arrival.packet, record.exchange.time, asked.subject};
        kept_.insert_or_assign(place, kept);
        kept_.try_emplace(asked.place, kept); // the first of several answers
    }
    if (record.link.kind == Link::answers)
        open.erase(it);
}

void Exchanges::link(std::span<Record> records, const Arrival& arrival, const Arena& arena, bool keep) {
    Place place{nullptr, arrival.direction, arrival.message, 0};
    auto& side = sides_[static_cast<std::size_t>(arrival.direction)];
    for (auto& record : records) {
        place.of = record.of;
        if (record.attachments >= 0) {
            side.header = arrival.packet;
            side.left = static_cast<std::uint32_t>(record.attachments);
        }
        if (record.takes_attachment && side.left) {
            --side.left;
            record.belongs_to = side.header;
            if (keep)
                attachments_[place] = side.header;
        }
        if (is_linked(record) && record.link.kind == Link::asks)
            ask(record, place, arrival);
        else if (is_linked(record))
            answer(record, place, arrival, arena, keep);
        ++place.record;
    }
}

void Exchanges::recall(std::span<Record> records, const Arrival& arrival) const {
    Place place{nullptr, arrival.direction, arrival.message, 0};
    for (auto& record : records) {
        place.of = record.of;
        if (const auto it = kept_.find(place); it != kept_.end() && record.link.kind != Link::none)
            record.exchange = {it->second.asked_in, it->second.answered_in, it->second.time, it->second.subject};
        if (const auto it = attachments_.find(place); it != attachments_.end() && record.takes_attachment)
            record.belongs_to = it->second;
        ++place.record;
    }
}

bool Exchanges::answers_one(std::span<const Record> records, const Arrival& arrival) const {
    const auto& open = asked_[static_cast<std::size_t>(opposite(arrival.direction))].by_id;
    return std::any_of(records.begin(), records.end(), [&](const Record& record) {
        return is_linked(record) && is_answer(record) && !record.link.by_turn && open.contains(key_of(record));
    });
}

void Exchanges::forget_others(const Subprotocol& but) {
    const auto is_other = [&](const auto& open) { return open.first.of != &but; };
    for (auto& [by_id, by_turn] : asked_) {
        std::erase_if(by_id, is_other);
        std::erase_if(by_turn, is_other);
    }
}

} // namespace ws
