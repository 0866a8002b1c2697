// SPDX-License-Identifier: GPL-2.0-or-later
// GraphQL over WebSocket, both subprotocols: graphql-transport-ws
// (https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md) and the older graphql-ws (of subscriptions-transport-ws).
#include "record.hpp"
#include "subprotocols.hpp"

#include <algorithm>

namespace ws {
namespace {

enum : std::uint8_t { type, id, operation };
constexpr SubprotocolField fields[] = {
    {"graphqlws.type", "Type", "What the message is", FieldKind::text},
    {"graphqlws.id", "Id", "Of the operation that it is about", FieldKind::text},
    {"graphqlws.operation", "Operation", "Its name, as the client gives it or the query has it", FieldKind::text},
};

/// Of graphql-transport-ws, by its PROTOCOL.md and its CloseCode.
constexpr NumberName close_codes[] = {
    {4004, "Bad response"},
    {4005, "Internal client error"},
    {4400, "Bad request"},
    {4401, "Unauthorized"},
    {4403, "Forbidden"},
    {4406, "Subprotocol not acceptable"},
    {4408, "Connection initialisation timeout"},
    {4409, "Subscriber already exists"},
    {4429, "Too many initialisation requests"},
    {4499, "Terminated"},
    {4500, "Internal server error"},
    {4504, "Connection acknowledgement timeout"},
};

struct Type {
    std::string_view name;
    bool has_id;
    bool is_common; ///< Others have messages of this type too.
};
constexpr Type types[] = {
    {"connection_init", false, false},
    {"connection_ack", false, false},
    {"connection_error", false, false},
    {"connection_keep_alive", false, false},
    {"connection_terminate", false, false},
    {"ka", false, false},
    {"ping", false, true},
    {"pong", false, true},
    {"subscribe", true, true},
    {"start", true, true},
    {"next", true, true},
    {"data", true, true},
    {"error", true, true},
    {"complete", true, true},
    {"stop", true, true},
};

/// The first word behind `query`, `mutation` or `subscription`; none of an anonymous operation.
std::string_view name_in(std::string_view query) {
    constexpr std::string_view blanks = " \t\r\n,";
    query.remove_prefix(std::min(query.find_first_not_of(blanks), query.size()));
    for (const std::string_view kind : {"query", "mutation", "subscription"}) {
        if (!query.starts_with(kind) || query.find_first_of(blanks) != kind.size())
            continue;
        query.remove_prefix(std::min(query.find_first_not_of(blanks, kind.size()), query.size()));
        const auto end = std::find_if_not(query.begin(), query.end(), [](char c) {
            return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
        });
        return query.substr(0, static_cast<std::size_t>(end - query.begin()));
    }
    return {};
}

Likeness likeness_of(const Type& known, const JsonValue& json) {
    if (!known.is_common)
        return Likeness::clear;
    return known.has_id && json["id"].is(JsonKind::string) &&
                   (json["payload"]["query"].is(JsonKind::string) || json["payload"]["data"])
               ? Likeness::clear
               : Likeness::possible;
}

void read(const Reading& reading, Records& records) noexcept {
    const auto json = reading.is_text ? reading.json() : JsonValue();
    const auto said = json["type"].string();
    if (said.empty())
        return records.malformed(graphqlws, reading, "no type of message");
    auto& record = records.add(graphqlws, reading.data);
    records.json(json);
    records.text(type, json["type"]);
    auto line = records.line();
    add_part(line, said);
    if (json["id"]) {
        records.text(id, json["id"]);
        add_word(line, json["id"].scalar());
    }
    const auto payload = json["payload"];
    if (const auto given = payload["operationName"]; !given.string().empty()) {
        records.text(operation, given);
        add_name(line, given.string());
    } else if (const auto name = name_in(payload["query"].string()); !name.empty()) {
        const auto& query = payload["query"].token();
        records.text(operation, query.begin, query.end - query.begin, name);
        add_name(line, name);
    }
    // Errors are a list in the newer subprotocol.
    const auto error = payload.is(JsonKind::array) ? payload.at(0) : payload;
    if (said == "error" || said == "connection_error")
        add_name(line, error["message"].string());
    record.words = line.view();
    const auto* const known = std::find_if(std::begin(types), std::end(types), [&](const Type& row) { return row.name == said; });
    if (known == std::end(types))
        records.stop(json["type"].token().begin, "a type that neither subprotocol has");
    else if (known->has_id && !json["id"])
        records.stop(json.token().end, "an id is missing");
    else
        records.looks(likeness_of(*known, json));
}

} // namespace

const Subprotocol graphqlws{"graphqlws", "GraphQL", fields, read, json_begins, true, close_codes};

} // namespace ws
