// SPDX-License-Identifier: GPL-2.0-or-later
#include "engineio.hpp"

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

const char* engineio_type_name(std::uint8_t type) noexcept {
    constexpr const char* names[] = {"open", "close", "ping", "pong", "message", "upgrade", "noop"};
    return type < std::size(names) ? names[type] : "unknown";
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

const char* socketio_type_name(std::uint8_t type) noexcept {
    constexpr const char* names[] = {"CONNECT", "DISCONNECT", "EVENT", "ACK", "CONNECT_ERROR", "BINARY_EVENT", "BINARY_ACK"};
    return type < std::size(names) ? names[type] : "unknown";
}

} // namespace ws
