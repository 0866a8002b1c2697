// SPDX-License-Identifier: GPL-2.0-or-later
// SignalR's hub protocol, in JSON and MessagePack
// (https://github.com/dotnet/aspnetcore/blob/main/src/SignalR/docs/specs/HubProtocol.md). A message has several records.
#include "record.hpp"
#include "subprotocols.hpp"
#include "unpack.hpp"

#include <algorithm>

namespace ws {
namespace {

constexpr NumberName types[] = {{1, "Invocation"},       {2, "StreamItem"}, {3, "Completion"}, {4, "StreamInvocation"},
                                {5, "CancelInvocation"}, {6, "Ping"},       {7, "Close"},      {8, "Ack"},
                                {9, "Sequence"}};
constexpr std::uint8_t invocation = 1, stream_item = 2, completion = 3, stream_invocation = 4, cancel_invocation = 5, close = 7;

enum : std::uint8_t { type, target, invocation_id };
constexpr SubprotocolField fields[] = {
    {"signalr.type", "Type", "What the record is", FieldKind::code, types},
    {"signalr.target", "Target", "The method that is called; of its answers, too", FieldKind::text},
    {"signalr.invocation_id", "Invocation", "That the answer repeats", FieldKind::text},
    {"signalr.response_in", "Answered in", "The packet with the first answer to this invocation", FieldKind::answered_in},
    {"signalr.response_to", "Answers", "The packet with the invocation that this answers", FieldKind::asked_in},
    {"signalr.response_time", "Response time", "From the invocation to this answer", FieldKind::time},
};

constexpr char separator = 0x1e;

/// What both formats have.
struct Hub {
    std::uint8_t type;
    std::string_view target, invocation_id, error;
};

void finish(Records& records, const Hub& hub) {
    auto& record = records.last();
    auto line = records.line();
    line.text(name_of(types, hub.type));
    add_word(line, hub.target);
    if (!hub.invocation_id.empty())
        add_part(line.text(" #"), hub.invocation_id);
    if (!hub.error.empty())
        line.text(", error");
    add_name(line, hub.error);
    record.words = line.view();
    record.subject = hub.target.size() <= longest_subject ? hub.target : std::string_view{};
    record.subject_field = target;
    if (hub.invocation_id.empty())
        return;
    if (hub.type == invocation || hub.type == stream_invocation)
        record.link = {Link::asks, false, {}, hub.invocation_id};
    else if (hub.type == completion || hub.type == stream_item)
        record.link = {hub.type == completion ? Link::answers : Link::answers_partly, false, {}, hub.invocation_id};
}

/// The first record of each side names the format, or accepts it.
void add_handshake(Records& records, const JsonValue& json) {
    auto line = records.line();
    line.text("handshake");
    if (json["error"])
        line.text(", refused");
    add_word(line, json["protocol"].string());
    add_word(line, json["version"].scalar());
    add_name(line, json["error"].string());
    records.last().words = line.view();
}

void add_json(Records& records, const JsonValue& json, std::size_t at) {
    const auto number = json["type"].integer();
    if (!number)
        return json.size() == 0 || json["protocol"] || json["error"] ? add_handshake(records, json)
                                                                     : records.stop(at, "no type of record");
    records.number(type, json["type"], at);
    if (!name_of(types, *number)) {
        records.last().words = "record";
        return records.stop(at + json["type"].token().begin, "a type that is not known");
    }
    records.text(target, json["target"], at);
    records.text(invocation_id, json["invocationId"], at);
    finish(records,
           {static_cast<std::uint8_t>(*number), json["target"].string(), json["invocationId"].string(), json["error"].string()});
}

void read_text(const Reading& reading, Records& records) {
    const auto text = reading.text();
    if (!text.ends_with(separator))
        return records.malformed(signalr, reading, "no record separator at the end");
    bool clear = true;
    for (std::size_t at = 0; at < text.size() && !records.full();) {
        const auto end = text.find(separator, at);
        const auto json = read_json(text.substr(at, end - at), reading.arena);
        records.add(signalr, reading.data, at, end + 1 - at).words = "malformed";
        if (json.is(JsonKind::object))
            add_json(records, json, at);
        else
            records.stop(at, "a record that is no JSON object");
        records.json(json, at);
        clear = clear && !records.last().stopped;
        at = end + 1;
    }
    records.looks(clear ? Likeness::clear : Likeness::no);
}

/// The length in seven bits a byte, at most five of them; nothing if it does not end.
std::optional<std::size_t> read_length(Bytes data, std::size_t& at) {
    std::size_t length = 0;
    for (unsigned shift = 0; shift < 35 && at < data.size(); shift += 7) {
        const auto byte = data[at++];
        length |= static_cast<std::size_t>(byte & 0x7fU) << shift;
        if (byte < 0x80)
            return length;
    }
    return std::nullopt;
}

/// [type, headers, invocation id, target, …] and, of a completion, [type, headers, id, kind, result or error].
void add_packed(const Reading& reading, Records& records, std::size_t at, std::size_t size) {
    bool whole = false;
    const auto json = unpack(reading.data.subspan(at, size), Packed::message_pack, reading.arena, whole);
    records.add(signalr, reading.data, at, size).words = "malformed";
    if (whole)
        records.last().content = {"msgpack", static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(size), {}};
    const auto number = json.at(0).integer().value_or(0);
    if (!name_of(types, number))
        return records.stop(at, "no array that begins with the type of a record");
    Hub hub{static_cast<std::uint8_t>(number), {}, {}, {}};
    records.number(type, json.at(0));
    if (number <= cancel_invocation) {
        records.text(invocation_id, json.at(2));
        hub.invocation_id = json.at(2).string();
    }
    if (number == invocation || number == stream_invocation) {
        records.text(target, json.at(3));
        hub.target = json.at(3).string();
    }
    hub.error = number == completion && json.at(3).integer() == 1 ? json.at(4).string()
                : number == close                                 ? json.at(1).string()
                                                                  : "";
    finish(records, hub);
    if (!whole)
        records.stop(at + size, "MessagePack that could not be read to its end");
}

void read_packed(const Reading& reading, Records& records) {
    records.unplaced();
    for (std::size_t at = 0; at < reading.data.size() && !records.full();) {
        const auto begin = at;
        const auto length = read_length(reading.data, at);
        if (!length || *length > reading.data.size() - at) {
            records.add(signalr, reading.data, begin, reading.data.size() - begin).words = "malformed";
            return records.stop(begin, "a record that is longer than the message");
        }
        add_packed(reading, records, at, *length);
        at += *length;
    }
}

void read(const Reading& reading, Records& records) noexcept {
    // The handshake is text in messages of either kind.
    if (reading.is_text || (reading.data.size() > 1 && reading.data[0] == '{' && reading.data.back() == separator))
        read_text(reading, records);
    else
        read_packed(reading, records);
}

} // namespace

const Subprotocol signalr{"signalr", "SignalR", fields, read, json_begins};

} // namespace ws
