// SPDX-License-Identifier: GPL-2.0-or-later
#include "record.hpp"

#include <algorithm>

namespace ws {

void Records::text(std::uint8_t field, std::string_view part) {
    text(field, static_cast<std::size_t>(as_bytes(part).data() - all_.back().data.data()), part.size(), part);
}

void Records::text(std::uint8_t field, const JsonValue& value, std::size_t origin) {
    if (value.is(JsonKind::string) || value.is(JsonKind::number))
        text(field, origin + value.token().begin, value.token().end - value.token().begin, value.scalar());
}

void Records::number(std::uint8_t field, const JsonValue& value, std::size_t origin) {
    if (const auto said = value.integer())
        number(field, origin + value.token().begin, value.token().end - value.token().begin, *said);
}

void Records::json(const JsonValue& value, std::size_t origin) {
    if (!value.is(JsonKind::object) && !value.is(JsonKind::array))
        return;
    auto& record = all_.back();
    // Its tokens count from where the text began that it was read from.
    record.content = {"json", static_cast<std::uint32_t>(origin), static_cast<std::uint32_t>(record.data.size() - origin), value};
}

std::span<const Record> Records::settled() {
    const auto records = all();
    const auto end = std::remove_if(records.begin(), records.end(),
                                    [](const Record& record) { return record.takes_attachment && !record.belongs_to; });
    return records.first(static_cast<std::size_t>(end - records.begin()));
}

void Records::malformed(const Subprotocol& of, const Reading& reading, const char* why) {
    if (reading.data.empty() || looks_only_)
        return;
    only_malformed_ = true;
    auto& record = add(of, reading.data);
    auto words = line();
    words.text("malformed");
    if (reading.is_text)
        add_name(words, reading.text());
    record.words = words.view();
    if (reading.is_text)
        json(reading.json());
    stop(0, why);
}

} // namespace ws
