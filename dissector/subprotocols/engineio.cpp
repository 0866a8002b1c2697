// SPDX-License-Identifier: GPL-2.0-or-later
#include "engineio.hpp"

#include "record.hpp"
#include "subprotocols.hpp"

#include <algorithm>

namespace ws {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::string_view take(std::string_view& text, std::size_t size) {
    const auto taken = text.substr(0, size);
    text.remove_prefix(taken.size());
    return taken;
}

std::string_view take_digits(std::string_view& text) {
    return take(text, static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin()));
}

/// The first member of an array, if it is a string that ends.
std::string_view first_string(std::string_view json) {
    constexpr const char* blanks = " \t\r\n";
    if (json.empty() || json[0] != '[')
        return {};
    json.remove_prefix(std::min(json.find_first_not_of(blanks, 1), json.size()));
    if (json.empty() || json[0] != '"')
        return {};
    for (std::size_t i = 1; i < json.size(); ++i) {
        if (json[i] == '"')
            return json.substr(1, i - 1);
        if (json[i] == '\\')
            ++i;
    }
    return {};
}

} // namespace

std::optional<EngineIoPacket> parse_engineio(std::string_view text) noexcept {
    if (text.empty() || text[0] < '0' || text[0] > '6')
        return std::nullopt;
    return EngineIoPacket{static_cast<std::uint8_t>(text[0] - '0'), text.substr(1)};
}

std::optional<SocketIoPacket> parse_socketio(std::string_view data) noexcept {
    constexpr std::size_t longest_count = 9, longest_id = 20; // digits of 32 and of 64 bits
    if (data.empty() || data[0] < '0' || data[0] > '6')
        return std::nullopt;
    SocketIoPacket packet{};
    packet.type = static_cast<std::uint8_t>(take(data, 1)[0] - '0');
    if (packet.type >= 5) {
        const auto count = take_digits(data);
        if (count.empty() || count.size() > longest_count || take(data, 1) != "-")
            return std::nullopt;
        for (const char c : count)
            packet.attachments = packet.attachments * 10 + static_cast<std::uint32_t>(c - '0');
    }
    if (data.starts_with('/')) {
        packet.name_space = take(data, std::min(data.find(','), data.size()));
        take(data, 1);
    }
    packet.ack_id = take_digits(data);
    if (packet.ack_id.size() > longest_id || (!data.empty() && data[0] != '[' && data[0] != '{' && data[0] != '"'))
        return std::nullopt;
    packet.json = data;
    if (is_event(packet))
        packet.event = first_string(data);
    return packet;
}

namespace {

constexpr NumberName engineio_types[] = {{0, "open"},    {1, "close"},   {2, "ping"}, {3, "pong"},
                                         {4, "message"}, {5, "upgrade"}, {6, "noop"}};
constexpr NumberName socketio_types[] = {{0, "CONNECT"},       {1, "DISCONNECT"},   {2, "EVENT"},     {3, "ACK"},
                                         {4, "CONNECT_ERROR"}, {5, "BINARY_EVENT"}, {6, "BINARY_ACK"}};

namespace of_engineio {
enum : std::uint8_t { type, sid, ping_in, pong_in, rtt };
constexpr SubprotocolField fields[] = {
    {"engineio.type", "Type", "What the packet is", FieldKind::code, engineio_types},
    {"engineio.sid", "Session", "The name of the session", FieldKind::text},
    {"engineio.ping_in", "Answers the ping in", "The packet with the ping that this pong answers", FieldKind::asked_in},
    {"engineio.pong_in", "Answered in", "The packet with the pong that answers this ping", FieldKind::answered_in},
    {"engineio.rtt", "Round-trip time", "From the ping to this pong", FieldKind::time},
};
} // namespace of_engineio

namespace of_socketio {
enum : std::uint8_t { type, name_space, event, ack_id, attachments };
constexpr SubprotocolField fields[] = {
    {"socketio.type", "Type", "What the packet is", FieldKind::code, socketio_types},
    {"socketio.namespace", "Namespace", "Which of the connection's namespaces, or \"/\"", FieldKind::text},
    {"socketio.event", "Event", "The name of the event, as JSON writes it", FieldKind::text},
    {"socketio.ack_id", "Acknowledgment id", "The event is to be acknowledged with it, or this acknowledges that",
     FieldKind::text},
    {"socketio.attachments", "Attachments", "Binary messages that belong to it", FieldKind::number},
    {"socketio.attachment_of", "Attachment of", "The packet with the event or acknowledgment that this binary message belongs to",
     FieldKind::belongs_to},
    {"socketio.response_in", "Acknowledged in", "The packet that acknowledges this event", FieldKind::answered_in},
    {"socketio.response_to", "Acknowledges", "The packet with the event that this acknowledges", FieldKind::asked_in},
    {"socketio.response_time", "Response time", "From the event to what acknowledges it", FieldKind::time},
};
} // namespace of_socketio

Record& add_engineio(const Reading& reading, Records& records, std::uint8_t type, std::size_t size, std::size_t type_size) {
    auto& record = records.add(engineio, reading.data, 0, size);
    records.number(of_engineio::type, 0, type_size, type);
    return record;
}

/// `EVENT "tick"`, `ACK /admin 13`: of a Socket.IO packet.
std::string_view words_of(Records& records, const SocketIoPacket& packet) {
    auto line = records.line();
    line.text(name_of(socketio_types, packet.type));
    add_word(line, packet.name_space);
    add_name(line, packet.event);
    if (!packet.ack_id.empty())
        line.text(is_ack(packet) ? " " : ", ack ").text(packet.ack_id);
    if (packet.attachments)
        line.text(", ").number(packet.attachments).text(packet.attachments == 1 ? " attachment" : " attachments");
    return line.view();
}

void add_socketio(const Reading& reading, Records& records, const SocketIoPacket& packet) {
    const auto begin = reading.data.size() - packet.json.size();
    auto& record = records.add(socketio, reading.data, 1, begin - 1);
    record.words = words_of(records, packet);
    record.attachments = packet.attachments;
    if (!packet.ack_id.empty() && (is_event(packet) || is_ack(packet)))
        record.link = {is_ack(packet) ? Link::answers : Link::asks, false, packet.name_space, packet.ack_id};
    records.number(of_socketio::type, 1, 1, packet.type);
    if (packet.type >= 5)
        records.number(of_socketio::attachments, 2, 1, packet.attachments);
    if (packet.name_space.empty())
        records.text(of_socketio::name_space, 1, 0, "/");
    else
        records.text(of_socketio::name_space, packet.name_space);
    if (!packet.event.empty())
        records.text(of_socketio::event, packet.event);
    if (!packet.ack_id.empty())
        records.text(of_socketio::ack_id, packet.ack_id);
    if (const auto json = read_json(packet.json, reading.arena)) {
        records.json(json, begin);
        if (is_event(packet) && !packet.event.empty())
            records.looks(Likeness::clear);
    }
}

/// Up to revision 3 a byte of the type comes first.
void read_binary(const Reading& reading, Records& records) {
    const bool typed =
        reading.url.find("EIO=3") != std::string_view::npos && !reading.data.empty() && reading.data[0] == engineio_message;
    const auto size = reading.data.size();
    add_engineio(reading, records, engineio_message, size, typed ? 1 : 0).words = "message";
    records.last().carries = true;
    records.add(socketio, reading.data, typed ? 1 : 0, size - (typed ? 1 : 0)).takes_attachment = true;
}

/// What does not carry Socket.IO.
void add_packet(const Reading& reading, Records& records, const EngineIoPacket& packet) {
    auto line = records.line();
    line.text(name_of(engineio_types, packet.type));
    if (packet.type != engineio_open)
        add_word(line, packet.data);
    auto& record = add_engineio(reading, records, packet.type, reading.data.size(), 1);
    record.words = line.view();
    if (packet.type == engineio_ping || packet.type == engineio_pong)
        record.link = {packet.type == engineio_ping ? Link::asks : Link::answers, true, {}, packet.data};
    records.looks(packet.data == "probe" ? Likeness::clear : Likeness::possible);
    if (packet.type != engineio_open)
        return;
    const auto json = read_json(packet.data, reading.arena);
    if (json["sid"].is(JsonKind::string)) {
        records.text(of_engineio::sid, json["sid"], 1);
        if (json["pingInterval"])
            records.looks(Likeness::clear);
    }
    records.json(json, 1);
}

void read(const Reading& reading, Records& records) noexcept {
    if (!reading.is_text)
        return read_binary(reading, records);
    const auto packet = parse_engineio(reading.text());
    if (!packet)
        return;
    const auto on_it = packet->type == engineio_message ? parse_socketio(packet->data) : std::nullopt;
    add_packet(reading, records, *packet);
    if (!on_it)
        return;
    records.last().carries = true;
    add_socketio(reading, records, *on_it);
}

} // namespace

const Subprotocol engineio{"engineio", "Engine.IO", of_engineio::fields, read, "0123456"};
const Subprotocol socketio{"socketio", "Socket.IO", of_socketio::fields, nullptr};

} // namespace ws
