// SPDX-License-Identifier: GPL-2.0-or-later
// Engine.IO and Socket.IO, revisions 3 to 5 (https://socket.io/docs/v4/engine-io-protocol/,
// https://socket.io/docs/v4/socket-io-protocol/): what one text message is.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ws {

/// One digit, and what comes with it.
struct EngineIoPacket {
    std::uint8_t type; ///< 0 open to 6 noop.
    std::string_view data;
};
/// Nothing if it is none.
std::optional<EngineIoPacket> parse_engineio(std::string_view text) noexcept;
constexpr std::uint8_t engineio_open = 0, engineio_ping = 2, engineio_pong = 3, engineio_message = 4;

/// The data of an Engine.IO message: type, how many attachments follow, namespace, acknowledgment id, JSON.
struct SocketIoPacket {
    std::uint8_t type;             ///< 0 CONNECT to 6 BINARY_ACK.
    std::uint32_t attachments = 0; ///< Binary messages that belong to it.
    std::string_view name_space;   ///< Empty: the main one, "/".
    std::string_view ack_id;       ///< Digits, or empty.
    std::string_view event;        ///< As JSON writes it, between the quotation marks; of an EVENT or BINARY_EVENT.
    std::string_view json;         ///< All that is left; may be empty.
};
/// Nothing if it is none: the JSON is looked at only where it begins.
std::optional<SocketIoPacket> parse_socketio(std::string_view data) noexcept;

inline bool is_event(const SocketIoPacket& packet) noexcept {
    return packet.type == 2 || packet.type == 5;
}
inline bool is_ack(const SocketIoPacket& packet) noexcept {
    return packet.type == 3 || packet.type == 6;
}

} // namespace ws
