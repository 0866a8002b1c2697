// SPDX-License-Identifier: GPL-2.0-or-later
#include "heartbeats.hpp"

#include "frame.hpp"

namespace ws {
namespace {

/// Longer messages are no heartbeats.
constexpr std::size_t longest = 200;

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

} // namespace

Heartbeat heartbeat_of(const Message& message, const PeerMarks& marks) noexcept {
    if (message.data.empty() || message.data.size() > longest)
        return {};
    const auto text = as_text(message.data);
    if (!message.text)
        return text == std::string_view("\x02\x91\x06") ? Heartbeat{Beat::sign, "SignalR ping"} : Heartbeat{};
    if (text[0] != '2' && text[0] != '3' && text[0] != '{' && text[0] != '[')
        return {};
    if (shows(MarkPlace::path, marks) && (text == "2" || text == "3"))
        return {text == "2" ? Beat::question : Beat::answer, "Engine.IO ping"};
    if (text == "{\"type\":6}\x1e")
        return {Beat::sign, "SignalR ping"};
    // Versions 2 ([null,"5","phoenix","heartbeat",{}]) and 1 (an object) of Phoenix' serializer.
    if (contains(text, "\"phoenix\"") && contains(text, "\"heartbeat\""))
        return {Beat::question, "Phoenix heartbeat"};
    if (contains(text, "\"phoenix\"") && contains(text, "\"phx_reply\""))
        return {Beat::answer, "Phoenix heartbeat"};
    return {};
}

bool Heartbeats::matters(const Frame& frame, const PeerMarks& marks) noexcept {
    return frame.header.opcode == opcode::ping || (frame.completes && heartbeat_of(*frame.completes, marks).beat != Beat::none);
}

void Heartbeats::note_sign(Side& side, const char* name, std::int64_t time, std::uint32_t packet) noexcept {
    if (side.sign == name)
        side.interval = time - side.last_time;
    side.sign = name;
    side.last_time = time;
    side.last_packet = packet;
}

void Heartbeats::ask(Side& side, const char* name, std::int64_t time, std::uint32_t packet) noexcept {
    if (!side.open.name)
        side.open = {name, packet, 0, time};
    ++side.open.count;
}

void Heartbeats::add(Direction from, const Frame& frame, std::int64_t time, std::uint32_t packet,
                     const PeerMarks& marks) noexcept {
    auto& mine = sides_[static_cast<std::size_t>(from)];
    auto& other = sides_[static_cast<std::size_t>(opposite(from))];
    if (frame.header.opcode == opcode::ping) {
        ask(mine, "ping", time, packet);
        mine.last_ping = packet;
        mine.last_ping_time = time;
    } else if (frame.header.opcode == opcode::pong) {
        // A pong answers its ping and those before it (RFC 6455 5.5.3); of those behind it the latest is known.
        if (frame.ping_in && frame.ping_in == other.last_ping)
            other.open = {};
        else if (frame.ping_in)
            other.open = {"ping", other.last_ping, 1, other.last_ping_time};
    } else if (frame.completes) {
        const auto heartbeat = heartbeat_of(*frame.completes, marks);
        if (heartbeat.beat == Beat::question)
            ask(mine, heartbeat.name, time, packet);
        else if (heartbeat.beat == Beat::answer)
            other.open = {};
        if (heartbeat.beat == Beat::question || heartbeat.beat == Beat::sign)
            note_sign(mine, heartbeat.name, time, packet);
    }
}

} // namespace ws
