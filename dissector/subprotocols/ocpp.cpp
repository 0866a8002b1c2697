// SPDX-License-Identifier: GPL-2.0-or-later
// OCPP-J, versions 1.6 to 2.1: calls of charging stations and their systems (Open Charge Alliance, OCPP-J specification, 4.2).
#include "record.hpp"
#include "subprotocols.hpp"

namespace ws {
namespace {

constexpr NumberName types[] = {{2, "CALL"}, {3, "CALLRESULT"}, {4, "CALLERROR"}, {5, "CALLRESULTERROR"}, {6, "SEND"}};

enum : std::uint8_t { type, id, action, error_code };
constexpr SubprotocolField fields[] = {
    {"ocpp.type", "Type", "What the message is", FieldKind::code, types},
    {"ocpp.id", "Id", "The call's, that its answer repeats", FieldKind::text},
    {"ocpp.action", "Action", "What is called; of an answer, what was", FieldKind::text},
    {"ocpp.error.code", "Error code", "Why a call, or its result, was refused", FieldKind::text},
    {"ocpp.response_in", "Answered in", "The packet with the answer to this call", FieldKind::answered_in},
    {"ocpp.response_to", "Answers the call in", "The packet with the call that this answers", FieldKind::asked_in},
    {"ocpp.response_time", "Response time", "From the call to this answer", FieldKind::time},
};

constexpr std::uint8_t call = 2, call_result = 3, call_error = 4, send = 6;

/// The shape that nothing else is known to have, or that only its call tells from others.
Likeness likeness_of(std::uint8_t kind, const JsonValue& json) {
    const bool named = json.at(1).is(JsonKind::string) && json.size() == (kind == call || kind == send ? 4
                                                                          : kind == call_result        ? 3
                                                                                                       : 5);
    if (!named)
        return Likeness::no;
    if (kind == call_result)
        return json.at(2).is(JsonKind::object) ? Likeness::possible : Likeness::no;
    if (!json.at(2).is(JsonKind::string))
        return Likeness::no;
    return json.at(kind == call || kind == send ? 3 : 4).is(JsonKind::object) ? Likeness::clear : Likeness::no;
}

void read(const Reading& reading, Records& records) noexcept {
    const auto json = reading.is_text ? reading.json() : JsonValue();
    const auto kind = json.at(0).integer().value_or(0);
    const auto* name = name_of(types, kind);
    if (!name)
        return records.malformed(ocpp, reading, "no array that begins with the type of a message");
    auto& record = records.add(ocpp, reading.data);
    records.json(json);
    records.looks(likeness_of(static_cast<std::uint8_t>(kind), json));
    records.number(type, json.at(0));
    records.text(id, json.at(1));
    const auto about = json.at(2).string();
    auto line = records.line();
    line.text(name);
    if (kind == call || kind == send) {
        records.text(action, json.at(2));
        add_word(line, about);
    } else if (kind != call_result) {
        records.text(error_code, json.at(2));
        add_word(line, about);
        add_name(line, json.at(3).string());
    }
    if (!json.at(1).is(JsonKind::string))
        records.stop(json.token().end, "an id is missing");
    else if (kind != call_result && !json.at(2).is(JsonKind::string))
        records.stop(json.token().end, kind == call || kind == send ? "an action is missing" : "an error code is missing");
    else if (kind == call)
        record.link = {Link::asks, false, {}, json.at(1).string()};
    else if (kind == call_result || kind == call_error)
        record.link = {Link::answers, false, {}, json.at(1).string()};
    record.subject = about.size() <= longest_subject ? about : std::string_view{};
    record.subject_field = action;
    record.words = line.view();
}

} // namespace

const Subprotocol ocpp{"ocpp", "OCPP", fields, read, json_begins};

} // namespace ws
