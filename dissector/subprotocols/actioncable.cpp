// SPDX-License-Identifier: GPL-2.0-or-later
// Action Cable, of Ruby on Rails (https://docs.anycable.io/misc/action_cable_protocol).
#include "record.hpp"
#include "subprotocols.hpp"

#include <algorithm>

namespace ws {
namespace {

enum : std::uint8_t { type, channel };
constexpr SubprotocolField fields[] = {
    {"actioncable.type", "Type", "What the server says, or the client's command", FieldKind::text},
    {"actioncable.channel", "Channel", "Which of the connection's channels", FieldKind::text},
};

constexpr std::string_view types[] = {"welcome", "ping", "disconnect", "confirm_subscription", "reject_subscription"};
constexpr std::string_view commands[] = {"subscribe", "unsubscribe", "message"};

template <std::size_t size>
bool is_one_of(const std::string_view (&all)[size], std::string_view one) {
    return std::find(std::begin(all), std::end(all), one) != std::end(all);
}

void read(const Reading& reading, Records& records) noexcept {
    const auto json = reading.is_text ? reading.json() : JsonValue();
    const auto said = json["type"].is(JsonKind::string) ? json["type"] : json["command"];
    const auto identifier = json["identifier"];
    if (said.string().empty() && !identifier.is(JsonKind::string))
        return records.malformed(actioncable, reading, "neither a type nor a command nor a channel");
    auto& record = records.add(actioncable, reading.data);
    records.json(json);
    auto line = records.line();
    if (said.string().empty())
        records.text(type, 0, 0, "message"); // what the server broadcasts says no type
    else
        records.text(type, said);
    add_part(line, said.string().empty() ? "message" : said.string());
    // It is JSON in JSON.
    const auto inner = read_json(identifier.string(), reading.arena)["channel"];
    if (!inner.string().empty()) {
        const auto& token = identifier.token();
        records.text(channel, token.begin, token.end - token.begin, inner.string());
        add_word(line, inner.string());
    }
    record.words = line.view();
    const bool known = json["command"] ? is_one_of(commands, said.string()) : is_one_of(types, said.string());
    if (!said.string().empty() && !known)
        return records.stop(said.token().begin, "a type or command that is not known");
    records.looks(!inner.string().empty() || said.string() == "welcome" ? Likeness::clear : Likeness::possible);
}

} // namespace

const Subprotocol actioncable{"actioncable", "Action Cable", fields, read, json_begins};

} // namespace ws
