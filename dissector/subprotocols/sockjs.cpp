// SPDX-License-Identifier: GPL-2.0-or-later
// SockJS (https://github.com/sockjs/sockjs-protocol): frames of a letter from the server, lists of strings from the client; STOMP
// may stand in the strings.
#include "record.hpp"
#include "subprotocols.hpp"

namespace ws {
namespace {

constexpr std::string_view open = "open", heartbeat = "heartbeat", messages = "messages", close = "close";

enum : std::uint8_t { type, count, code, reason };
constexpr SubprotocolField fields[] = {
    {"sockjs.type", "Type", "open, heartbeat, messages or close", FieldKind::text},
    {"sockjs.messages", "Messages", "How many the frame has", FieldKind::number},
    {"sockjs.close.code", "Code", "Why the server closes", FieldKind::number},
    {"sockjs.close.reason", "Reason", "The same in words", FieldKind::text},
};

/// What each string says, if that is a subprotocol's.
void add_inner(const Reading& reading, Records& records, const JsonValue& list) {
    records.last().carries = true;
    for (auto one = list.first(); one && !records.full(); one = one.next_in(list)) {
        const Reading inner(as_bytes(one.string()), true, reading.arena);
        Records found(reading.arena);
        stomp.read(inner, found);
        if (found.likeness() != Likeness::no)
            records.append(found);
    }
}

void add(const Reading& reading, Records& records, std::string_view kind, std::size_t letter, const JsonValue& list) {
    auto& record = records.add(sockjs, reading.data);
    auto line = records.line();
    line.text(kind);
    records.text(type, 0, letter, kind);
    if (kind == messages) {
        const auto size = list.size();
        records.number(count, letter, reading.data.size() - letter, size);
        if (size == 1)
            add_name(line, list.first().string());
        else
            line.text(" ").number(size);
    } else if (kind == close) {
        records.number(code, list.at(0), letter);
        records.text(reason, list.at(1), letter);
        add_word(line, list.at(0).scalar());
        add_name(line, list.at(1).string());
    }
    record.words = line.view();
    records.json(list, letter);
    if (kind == messages)
        add_inner(reading, records, list);
}

bool is_list_of_strings(const JsonValue& json) {
    for (auto one = json.first(); one; one = one.next_in(json))
        if (!one.is(JsonKind::string))
            return false;
    return json.is(JsonKind::array);
}

void read(const Reading& reading, Records& records) noexcept {
    const auto text = reading.is_text ? reading.text() : std::string_view{};
    const char letter = text.empty() ? '\0' : text[0];
    const auto json = letter == 'a' || letter == 'c' ? read_json(text.substr(1), reading.arena) : reading.json();
    if (text == "o" || text == "h") {
        add(reading, records, letter == 'o' ? open : heartbeat, 1, {});
        return records.looks(Likeness::possible);
    }
    if (letter == 'c' && json.at(0).integer()) {
        add(reading, records, close, 1, json);
        return records.looks(Likeness::clear);
    }
    if ((letter == 'a' || letter == '[') && is_list_of_strings(json)) {
        add(reading, records, messages, letter == 'a' ? 1 : 0, json);
        return records.looks(letter == 'a' ? Likeness::clear : Likeness::possible);
    }
    records.malformed(sockjs, reading, "no frame that SockJS has");
}

} // namespace

const Subprotocol sockjs{"sockjs", "SockJS", fields, read, "oahc["};

} // namespace ws
