// SPDX-License-Identifier: GPL-2.0-or-later
#include "subprotocol_reader.hpp"

#include "subprotocols.hpp"

namespace ws {

Reading SubprotocolReader::behind_rest(const Reading& reading, const Arrival& arrival, bool keep) {
    auto& rest = rest_[static_cast<std::size_t>(arrival.direction)];
    Reading joined(reading, rest.bytes);
    if (keep) {
        goes_on_in_[{arrival.direction, rest.message}] = arrival.packet;
        before_[{arrival.direction, arrival.message}].swap(rest.bytes);
    }
    rest.bytes.clear();
    return joined;
}

void SubprotocolReader::keep_rest(const Records& records, const Arrival& arrival) {
    if (records.empty() || !records.last().goes_on)
        return;
    const auto& record = records.last();
    const auto left = record.data.subspan(record.offset);
    auto& rest = rest_[static_cast<std::size_t>(arrival.direction)];
    rest.message = arrival.message;
    if (left.size() <= longest_rest)
        rest.bytes.assign(left.begin(), left.end());
}

std::span<const Record> SubprotocolReader::read(const Reading& reading, const Arrival& arrival, bool keep) noexcept {
    if (exchanges_.notice(arrival))
        rest_[static_cast<std::size_t>(arrival.direction)].bytes.clear();
    if (!known_)
        look(reading, arrival, keep);
    if (!known_)
        return {};
    Records records(reading.arena);
    if (rest_[static_cast<std::size_t>(arrival.direction)].bytes.empty())
        known_->read(reading, records);
    else
        known_->read(behind_rest(reading, arrival, keep), records);
    keep_rest(records, arrival);
    exchanges_.link(records.all(), arrival, reading.arena, keep);
    return records.settled();
}

bool SubprotocolReader::settles(const Subprotocol& one, Records& records, const Arrival& arrival) const {
    return &one == hint_ || (records.likeness() == Likeness::clear && candidate_ == &one) ||
           exchanges_.answers_one(records.all(), arrival);
}

/// Each subprotocol is asked. That of a message that is clearly one's counts if the message before was its too; an answer to a
/// question counts for both.
void SubprotocolReader::look(const Reading& reading, const Arrival& arrival, bool keep) {
    if (gave_up())
        return;
    ++looked_at_;
    const Subprotocol* clear = nullptr;
    for (const auto* one : all_subprotocols()) {
        Records records(reading.arena);
        if (one->read)
            one->read(reading, records);
        if (records.likeness() == Likeness::no)
            continue;
        if (settles(*one, records, arrival)) {
            known_ = one;
            exchanges_.forget_others(*one);
            return; // read() reads it again, and links it
        }
        exchanges_.link(records.all(), arrival, reading.arena, keep);
        if (records.likeness() == Likeness::clear && !clear)
            clear = one;
    }
    candidate_ = clear;
    if (gave_up())
        exchanges_ = {};
}

std::span<const Record> SubprotocolReader::again(const Reading& reading, const Arrival& arrival) const noexcept {
    if (!known_)
        return {};
    Records records(reading.arena);
    const auto it = before_.find({arrival.direction, arrival.message});
    if (it == before_.end())
        known_->read(reading, records);
    else
        known_->read(Reading(reading, it->second), records);
    if (const auto next = goes_on_in_.find({arrival.direction, arrival.message}); next != goes_on_in_.end() && !records.empty())
        records.last().goes_on_in = next->second;
    exchanges_.recall(records.all(), arrival);
    return records.settled();
}

} // namespace ws
