// SPDX-License-Identifier: GPL-2.0-or-later
// Phoenix channels (https://hexdocs.pm/phoenix/writing_a_channels_client.html): objects in version 1, arrays and binary messages
// in version 2.
#include "record.hpp"
#include "subprotocols.hpp"

namespace ws {
namespace {

enum : std::uint8_t { topic, event, ref, status };
constexpr SubprotocolField fields[] = {
    {"phoenix.topic", "Topic", "Which of the connection's channels", FieldKind::text},
    {"phoenix.event", "Event", "What happened there", FieldKind::text},
    {"phoenix.ref", "Reference", "That the reply repeats", FieldKind::text},
    {"phoenix.status", "Status", "Of a reply: ok, or error", FieldKind::text},
    {"phoenix.response_in", "Answered in", "The packet with the reply to this", FieldKind::answered_in},
    {"phoenix.response_to", "Answers", "The packet with what this replies to", FieldKind::asked_in},
    {"phoenix.response_time", "Response time", "From that to this reply", FieldKind::time},
};

constexpr std::string_view reply = "phx_reply";

struct Said {
    std::string_view topic, event, ref, status;
};

/// `"room:1" new_msg`, `"room:1" reply ok`
void finish(Records& records, const Said& said) {
    auto& record = records.last();
    auto line = records.line();
    line.text(said.event == reply ? "reply" : said.event.empty() ? "message" : "");
    add_word(line, said.event == reply ? said.status : said.event);
    add_name(line, said.topic);
    record.words = line.view();
    if (record.words.starts_with(' '))
        record.words.remove_prefix(1);
    if (!said.ref.empty())
        record.link = {said.event == reply ? Link::answers : Link::asks, false, said.topic, said.ref};
    record.subject = said.event.size() <= longest_subject ? said.event : std::string_view{};
}

/// Version 2 has the members in this order, version 1 by name.
void read_text(const Reading& reading, Records& records) {
    const auto json = reading.json();
    const bool in_order = json.is(JsonKind::array);
    const auto of = [&](const char* name, std::uint32_t place) { return in_order ? json.at(place) : json[name]; };
    const auto in = of("topic", 2), what = of("event", 3), number = of("ref", 1), payload = of("payload", 4);
    if (!in.is(JsonKind::string) || !what.is(JsonKind::string) || !payload || (in_order && json.size() != 5))
        return records.malformed(phoenix, reading, "no topic, event and payload");
    records.add(phoenix, reading.data);
    records.json(json);
    records.text(ref, number);
    records.text(topic, in);
    records.text(event, what);
    const Said said{in.string(), what.string(), number.scalar(), payload["status"].string()};
    if (said.event == reply)
        records.text(status, payload["status"]);
    finish(records, said);
    const bool known = said.event.starts_with("phx_") || said.topic == "phoenix";
    records.looks(known ? Likeness::clear : Likeness::possible);
}

/// A byte of the kind, bytes that count those of each name, the names, data.
void read_binary(const Reading& reading, Records& records) {
    static constexpr struct {
        std::uint8_t names[4];
        std::size_t count;
    } kinds[] = {{{0xff, ref, topic, event}, 4}, {{0xff, ref, topic, status}, 4}, {{topic, event}, 2}},
      pushed{{0xff, topic, event}, 3}; // by the server, which awaits no reply
    const auto data = reading.data;
    if (data.empty() || data[0] >= std::size(kinds))
        return records.malformed(phoenix, reading, "no kind of message that is known");
    const auto& kind = data[0] == 0 && reading.direction == Direction::server_to_client ? pushed : kinds[data[0]];
    records.add(phoenix, data);
    Said said{};
    if (data[0] == 1)
        said.event = reply;
    std::size_t at = 1 + kind.count;
    for (std::size_t i = 0; i < kind.count; ++i) {
        const std::size_t size = i + 1 < data.size() ? data[i + 1] : 0;
        if (at + size > data.size()) {
            records.stop(data.size(), "a name is longer than the message");
            break;
        }
        const auto name = as_text(data.subspan(at, size));
        at += size;
        if (kind.names[i] == 0xff || name.empty())
            continue;
        records.text(kind.names[i], name);
        (kind.names[i] == ref     ? said.ref
         : kind.names[i] == topic ? said.topic
         : kind.names[i] == event ? said.event
                                  : said.status) = name;
    }
    if (data[0] == 1)
        records.text(event, 0, 0, reply);
    finish(records, said);
}

void read(const Reading& reading, Records& records) noexcept {
    reading.is_text ? read_text(reading, records) : read_binary(reading, records);
}

} // namespace

const Subprotocol phoenix{"phoenix", "Phoenix", fields, read, json_begins};

} // namespace ws
