// SPDX-License-Identifier: GPL-2.0-or-later
// WAMP 2, the Web Application Messaging Protocol (https://wamp-proto.org/wamp_latest_ietf.html), in JSON, MessagePack or CBOR.
#include "../big_endian.hpp"
#include "record.hpp"
#include "subprotocols.hpp"
#include "unpack.hpp"

#include <algorithm>
#include <array>

namespace ws {
namespace {

/// What stands behind the type: q request, t type of a request, s session, u URI, x other text, o object, n other number.
struct Type {
    std::uint8_t number;
    const char* name;
    std::string_view elements;
    std::uint8_t answers = 0; ///< The type of its question; 0: it is none's.
};
constexpr Type table[] = {
    {1, "HELLO", "uo"},
    {2, "WELCOME", "so"},
    {3, "ABORT", "ou"},
    {4, "CHALLENGE", "xo"},
    {5, "AUTHENTICATE", "xo"},
    {6, "GOODBYE", "ou"},
    {8, "ERROR", "tqou"},
    {16, "PUBLISH", "qou"},
    {17, "PUBLISHED", "qn", 16},
    {32, "SUBSCRIBE", "qou"},
    {33, "SUBSCRIBED", "qn", 32},
    {34, "UNSUBSCRIBE", "qn"},
    {35, "UNSUBSCRIBED", "q", 34},
    {36, "EVENT", "nno"},
    {48, "CALL", "qou"},
    {49, "CANCEL", "qo"},
    {50, "RESULT", "qo", 48},
    {64, "REGISTER", "qou"},
    {65, "REGISTERED", "qn", 64},
    {66, "UNREGISTER", "qn"},
    {67, "UNREGISTERED", "q", 66},
    {68, "INVOCATION", "qno"},
    {69, "INTERRUPT", "qo"},
    {70, "YIELD", "qo", 68},
};
constexpr auto types = []() {
    std::array<NumberName, std::size(table)> names{};
    for (std::size_t i = 0; i < names.size(); ++i)
        names[i] = {table[i].number, table[i].name};
    return names;
}();

enum : std::uint8_t { type, request_id, uri, session_id };
constexpr SubprotocolField fields[] = {
    {"wamp.type", "Type", "What the message is", FieldKind::code, types},
    {"wamp.request_id", "Request", "Its number, that the answer repeats", FieldKind::number},
    {"wamp.uri", "URI", "The realm, topic, procedure or reason; of an answer, what was asked", FieldKind::text},
    {"wamp.session_id", "Session", "Its number", FieldKind::number},
    {"wamp.response_in", "Answered in", "The packet with the answer to this", FieldKind::answered_in},
    {"wamp.response_to", "Answers", "The packet with what this answers", FieldKind::asked_in},
    {"wamp.response_time", "Response time", "From that to this answer", FieldKind::time},
};

constexpr std::uint8_t error = 8, publish = 16, cancel = 49, interrupt = 69;

bool is_asked(const Type& known, const JsonValue& json) {
    if (known.number == publish)
        return json.at(2)["acknowledge"].is(JsonKind::truth);
    return known.elements.starts_with('q') && !known.answers && known.number != cancel && known.number != interrupt;
}

/// The request's number is the id; which type it has, the scope.
void add_link(Records& records, const Type& known, const JsonValue& json) {
    auto& link = records.last().link;
    if (known.number == error) {
        link = {Link::answers, false, json.at(1).scalar(), json.at(2).scalar()};
    } else if (known.answers) {
        const bool goes_on = json.at(2)["progress"].is(JsonKind::truth);
        static constexpr auto scopes = [] {
            std::array<char, 200> digits{};
            for (std::size_t i = 0; i < 100; ++i)
                digits[2 * i] = static_cast<char>('0' + i / 10), digits[2 * i + 1] = static_cast<char>('0' + i % 10);
            return digits;
        }();
        link = {goes_on ? Link::answers_partly : Link::answers, false, {&scopes[2U * known.answers], 2}, json.at(1).scalar()};
    } else if (is_asked(known, json)) {
        link = {Link::asks, false, json.at(0).scalar(), json.at(1).scalar()};
    }
}

/// The elements that are as their type has them: how many, and the words.
std::size_t add_elements(Records& records, const Type& known, const JsonValue& json, LineBuffer& line) {
    for (std::uint32_t i = 0; i < known.elements.size(); ++i) {
        const auto value = json.at(i + 1);
        const char kind = known.elements[i];
        const bool text = kind == 'u' || kind == 'x';
        if (!value || (text ? !value.is(JsonKind::string) : kind == 'o' ? !value.is(JsonKind::object) : !value.integer()))
            return i;
        if (kind == 'q' || kind == 's')
            records.number(kind == 'q' ? request_id : session_id, value);
        if (kind == 'u') {
            records.text(uri, value);
            add_word(line, value.string());
            records.last().subject = value.string().size() <= longest_subject ? value.string() : std::string_view{};
        }
    }
    return known.elements.size();
}

void add(const Reading& reading, Records& records, std::size_t offset, std::size_t size, const JsonValue& json) {
    const auto number = json.at(0).integer().value_or(0);
    const auto* const known =
        std::find_if(std::begin(table), std::end(table), [&](const Type& row) { return row.number == number; });
    auto& record = records.add(wamp, reading.data, offset, size);
    auto line = records.line();
    if (known == std::end(table)) {
        record.words = "malformed";
        return records.stop(offset, "no array that begins with the type of a message");
    }
    records.number(type, json.at(0));
    line.text(known->name);
    const auto found = add_elements(records, *known, json, line);
    record.words = line.view();
    record.subject_field = uri;
    if (found < known->elements.size())
        return records.stop(offset + size, "an element is missing, or of another kind than the type has");
    add_link(records, *known, json);
    records.looks(known->elements.size() > 2 || number <= 2 ? Likeness::clear : Likeness::possible);
}

/// Each of a batch stands behind its length, 32 bits.
void read_packed(const Reading& reading, Records& records, Packed as) {
    const bool batched = reading.name.ends_with("batched");
    records.unplaced();
    for (std::size_t at = 0; at < reading.data.size() && !records.full();) {
        auto part = reading.data.subspan(at);
        if (batched) {
            const auto size = part.size() < 4 ? part.size() : std::size_t{be32(part, 0)};
            part = part.subspan(std::min<std::size_t>(4, part.size()));
            part = part.first(std::min(size, part.size()));
        }
        bool whole = false;
        const auto offset = static_cast<std::size_t>(part.data() - reading.data.data());
        add(reading, records, offset, part.size(), unpack(part, as, reading.arena, whole));
        auto& record = records.last();
        if (whole)
            record.content = {as == Packed::cbor ? "cbor" : "msgpack",
                              static_cast<std::uint32_t>(offset),
                              static_cast<std::uint32_t>(part.size()),
                              {}};
        else if (!record.stopped)
            records.stop(offset, "it could not be read to its end, or is nested too deeply");
        at = offset + part.size();
    }
}

/// A batch has a mark behind each, \30 as text or as an octal number.
void read_text(const Reading& reading, Records& records) {
    constexpr std::string_view marks = "\x1e\x18";
    const auto text = reading.text();
    if (text.find_first_of(marks) == std::string_view::npos) {
        const auto json = reading.json();
        if (!json.is(JsonKind::array))
            return records.malformed(wamp, reading, "no array that begins with the type of a message");
        add(reading, records, 0, text.size(), json);
        return records.json(json);
    }
    for (std::size_t at = 0; at < text.size() && !records.full();) {
        const auto end = std::min(text.find_first_of(marks, at), text.size());
        const auto json = read_json(text.substr(at, end - at), reading.arena);
        // Places count from where each begins.
        records.unplaced();
        add(reading, records, at, end - at, json);
        records.json(json, at);
        at = end + 1;
    }
}

void read(const Reading& reading, Records& records) noexcept {
    if (reading.is_text)
        read_text(reading, records);
    else if (reading.name.find("json") != std::string_view::npos)
        records.malformed(wamp, reading, "bytes where JSON belongs");
    else
        read_packed(reading, records, reading.name.find("cbor") != std::string_view::npos ? Packed::cbor : Packed::message_pack);
}

} // namespace

const Subprotocol wamp{"wamp", "WAMP", fields, read, json_begins};

} // namespace ws
