// SPDX-License-Identifier: GPL-2.0-or-later
// Texts of Engine.IO, and of Socket.IO in it.
#include "fuzz.hpp"
#include "subprotocols/engineio.hpp"

#include <string>

namespace ws::fuzz {
namespace {

bool within(std::string_view part, std::string_view all) {
    return part.empty() || (part.data() >= all.data() && part.data() + part.size() <= all.data() + all.size());
}

/// Written again from its parts, it is what was read.
void check_parts(const SocketIoPacket& packet, std::string_view data) {
    demand(packet.type <= 6 && data.ends_with(packet.json), "JSON to the end");
    for (const auto part : {packet.name_space, packet.ack_id, packet.event, packet.json})
        demand(within(part, data), "a part that was not sent");
    std::string before(1, static_cast<char>('0' + packet.type));
    if (packet.type >= 5) {
        const auto dash = data.find('-');
        demand(dash != std::string_view::npos && std::stoul(std::string(data.substr(1, dash - 1))) == packet.attachments,
               "the count of attachments");
        before = data.substr(0, dash + 1);
    }
    before.append(packet.name_space);
    if (!packet.name_space.empty() && data.size() > before.size())
        before += ',';
    before.append(packet.ack_id).append(packet.json);
    demand(before == data, "it is written as it was read");
    demand(packet.event.empty() || packet.json.find('"' + std::string(packet.event) + '"') != std::string_view::npos,
           "an event's name stands in quotation marks");
}

} // namespace

void run(Input& input) {
    const auto bytes = exactly(input.rest());
    const auto text = as_text(bytes);
    const auto packet = parse_engineio(text);
    demand(packet.has_value() == (!text.empty() && text[0] >= '0' && text[0] <= '6'), "one digit");
    if (!packet)
        return;
    demand(within(packet->data, text) && packet->data.size() + 1 == text.size(), "all of it but the digit");
    if (const auto on_it = parse_socketio(packet->data))
        check_parts(*on_it, packet->data);
}

} // namespace ws::fuzz
