// SPDX-License-Identifier: GPL-2.0-or-later
#include "subprotocol_reader.hpp"

#include "subprotocols.hpp"

namespace ws {

static bool may_be(const Subprotocol& one, const Reading& reading) {
    return !reading.is_text || one.begins.empty() || reading.data.empty() ||
           one.begins.find(reading.text().front()) != std::string_view::npos;
}

void SubprotocolReader::read_records(const Reading& reading, std::optional<Bytes> data, Records& records) const {
    if (data) {
        known_->read(Reading(reading, *data), records);
        return;
    }
    records.add(*known_, reading.data).words = "part";
    records.goes_on();
}

std::span<const Record> SubprotocolReader::read(const Reading& reading, const Arrival& arrival, bool keep) noexcept {
    auto& rest = rest_[static_cast<std::size_t>(arrival.direction)];
    if (exchanges_.notice(arrival))
        rest.forget();
    if (!known_)
        look(reading, arrival, keep);
    if (!known_)
        return {};
    Records records(reading.arena);
    const auto data = rest.next(reading.data, arrival.message, arrival.packet, keep, reading.arena);
    read_records(reading, data, records);
    if (found_ && records.only_malformed())
        return {};
    if (data && !records.empty() && records.last().goes_on)
        rest.leave(*data, records.last().offset, records.awaited());
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
        if (!one->read || !one->tells_itself || !may_be(*one, reading))
            continue;
        Records records(reading.arena, true);
        one->read(reading, records);
        if (records.likeness() == Likeness::no)
            continue;
        if (settles(*one, records, arrival)) {
            known_ = one;
            found_ = true;
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
    const auto& rest = rest_[static_cast<std::size_t>(arrival.direction)];
    Records records(reading.arena);
    read_records(reading, rest.again(reading.data, arrival.message, reading.arena), records);
    if (found_ && records.only_malformed())
        return {};
    if (!records.empty())
        records.last().goes_on_in = rest.goes_on_in(arrival.message);
    exchanges_.recall(records.all(), arrival);
    return records.settled();
}

} // namespace ws
