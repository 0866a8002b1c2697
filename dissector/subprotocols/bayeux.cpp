// SPDX-License-Identifier: GPL-2.0-or-later
// Bayeux, of CometD and Faye (https://docs.cometd.org/current7/reference/#_bayeux): each text is a list of messages.
#include "record.hpp"
#include "subprotocols.hpp"

namespace ws {
namespace {

enum : std::uint8_t { type, channel, id };
constexpr SubprotocolField fields[] = {
    {"bayeux.type", "Type", "Of a meta channel, its name; else message", FieldKind::text},
    {"bayeux.channel", "Channel", "Where the message goes, or came from", FieldKind::text},
    {"bayeux.id", "Id", "That the answer repeats", FieldKind::text},
    {"bayeux.response_in", "Answered in", "The packet with the answer to this", FieldKind::answered_in},
    {"bayeux.response_to", "Answers", "The packet with what this answers", FieldKind::asked_in},
    {"bayeux.response_time", "Response time", "From that to this answer", FieldKind::time},
};

constexpr std::string_view meta = "/meta/";

bool add_message(const Reading& reading, Records& records, const JsonValue& message) {
    const auto where = message["channel"].string();
    if (!where.starts_with('/'))
        return false;
    auto& record = records.add(bayeux, reading.data, message.token().begin, message.token().end - message.token().begin);
    const bool is_meta = where.starts_with(meta);
    if (is_meta)
        records.text(type, message["channel"].token().begin, message["channel"].token().end - message["channel"].token().begin,
                     where.substr(meta.size()));
    else
        records.text(type, 0, 0, "message");
    records.text(channel, message["channel"]);
    records.text(id, message["id"]);
    auto line = records.line();
    add_part(line, is_meta ? where.substr(meta.size()) : where);
    add_word(line, message["subscription"].string());
    if (message["successful"].is(JsonKind::falsehood))
        line.text(" failed");
    add_name(line, message["error"].string());
    record.words = line.view();
    // Only answers say whether they are successful.
    if (!message["id"].scalar().empty())
        record.link = {message["successful"] ? Link::answers : Link::asks, false, where, message["id"].scalar()};
    records.looks(is_meta ? Likeness::clear : Likeness::possible);
    return true;
}

void read(const Reading& reading, Records& records) noexcept {
    const auto json = reading.is_text ? reading.json() : JsonValue();
    if (json.is(JsonKind::object))
        add_message(reading, records, json);
    for (auto message = json.first(); message && !records.full(); message = message.next_in(json))
        if (!add_message(reading, records, message)) {
            if (!records.empty())
                records.stop(message.token().begin, "a message without a channel");
            break;
        }
    if (records.empty())
        return records.malformed(bayeux, reading, "no list of messages with channels");
    records.json(json);
}

} // namespace

const Subprotocol bayeux{"bayeux", "Bayeux", fields, read, json_begins};

} // namespace ws
