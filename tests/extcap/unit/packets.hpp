// SPDX-License-Identifier: GPL-2.0-or-later
// Packets for the tests, built from what is known about them.
#pragma once

#include "selector.hpp"

#include <string>
#include <vector>

namespace wscap::test {

using namespace std::string_literals;

enum class Shape { ethernet, vlan, double_vlan, null, loop, sll, sll2, raw, pppoe, mpls };
enum Side { client = 0, server = 1 };

inline std::string big(std::uint64_t value, int bytes) {
    std::string out;
    while (bytes--)
        out += static_cast<char>(value >> (8 * bytes));
    return out;
}

inline std::uint16_t link_type(Shape shape) {
    switch (shape) {
    case Shape::null: return 0;
    case Shape::loop: return 108;
    case Shape::sll: return 113;
    case Shape::sll2: return 276;
    case Shape::raw: return 101;
    default: return 1;
    }
}

inline std::string link_header(Shape shape, bool v6) {
    const auto type = big(v6 ? 0x86DD : 0x0800, 2);
    const std::string macs("\2\0\0\0\0\1\2\0\0\0\0\2", 12);
    switch (shape) {
    case Shape::ethernet: return macs + type;
    case Shape::vlan: return macs + big(0x8100, 2) + big(7, 2) + type;
    case Shape::double_vlan: return macs + big(0x88A8, 2) + big(7, 2) + big(0x8100, 2) + big(8, 2) + type;
    case Shape::null: return std::string{static_cast<char>(v6 ? 30 : 2), 0, 0, 0};
    case Shape::loop: return big(v6 ? 30 : 2, 4);
    case Shape::sll: return std::string(14, '\0') + type;
    case Shape::sll2: return type + std::string(18, '\0');
    case Shape::raw: return "";
    case Shape::pppoe: return macs + big(0x8864, 2) + "\x11\0\0\1\0\0"s + big(v6 ? 0x57 : 0x21, 2);
    case Shape::mpls: return macs + big(0x8847, 2) + big(0x00010040, 4) + big(0x00020140, 4);
    }
    return "";
}

/// An IP packet; fragment options as in the header.
inline std::string ip(bool v6, std::string source, std::string target, const std::string& payload, int id = 1, int offset = 0,
                      bool more = false) {
    const bool fragment = offset || more;
    if (v6) {
        source.resize(16);
        target.resize(16);
        const auto header =
            fragment ? "\6\0"s + big(static_cast<unsigned>(offset | more), 2) + big(static_cast<unsigned>(id), 4) : ""s;
        return big(6u << 28, 4) + big(payload.size() + header.size(), 2) + (fragment ? "\x2C" : "\6") + "\x40" + source + target +
               header + payload;
    }
    source.resize(4);
    target.resize(4);
    return "\x45\0"s + big(20 + payload.size(), 2) + big(static_cast<unsigned>(id), 2) +
           big(static_cast<unsigned>(offset / 8) | (more ? 0x2000u : 0u), 2) + "\x40\6\0\0"s + source + target + payload;
}

inline std::string tcp(std::uint16_t source, std::uint16_t target, std::uint32_t sequence, std::uint8_t flags,
                       const std::string& payload) {
    return big(source, 2) + big(target, 2) + big(sequence, 4) + big(0, 4) + "\x50"s + static_cast<char>(flags) +
           "\xFF\xFF\0\0\0\0"s + payload;
}

struct Captured {
    std::string bytes;
    std::uint32_t length; ///< On the wire.
    std::uint16_t link;
    int connection; ///< Which one it belongs to; -1 for what is no TCP.
};

/// Packets in the order they are captured.
using Capture = std::vector<Captured>;

/// One TCP connection, writing its packets into a capture.
struct Flow {
    Capture& capture;
    int number = 0;
    Shape shape = Shape::ethernet;
    bool v6 = false;
    std::uint16_t port = 8080;
    std::uint32_t next[2] = {1000, 0xFFFFFFF0}; ///< The server's wraps soon.
    std::uint16_t client_port = 0;

    Flow(Capture& to, int which, Shape as = Shape::ethernet, bool six = false)
        : capture(to), number(which), shape(as), v6(six), client_port(static_cast<std::uint16_t>(20000 + which)) {}

    std::string segment(Side side, std::uint32_t sequence, std::uint8_t flags, const std::string& payload) const {
        return side == client ? tcp(client_port, port, sequence, flags, payload)
                              : tcp(port, client_port, sequence, flags, payload);
    }
    std::string address(Side side) const {
        return side == client ? "\x0A"s + big(static_cast<unsigned>(number), 3) + "client" : "\x0A\xFF\xFF\1server"s;
    }
    std::string packet(Side side, std::uint32_t sequence, std::uint8_t flags, const std::string& payload) const {
        return link_header(shape, v6) +
               ip(v6, address(side), address(side == client ? server : client), segment(side, sequence, flags, payload));
    }
    void add(std::string bytes, std::size_t cut = std::string::npos) {
        const auto length = static_cast<std::uint32_t>(bytes.size());
        capture.push_back({bytes.substr(0, cut), length, link_type(shape), number});
    }
    void raw(Side side, std::uint32_t sequence, std::uint8_t flags, const std::string& payload = "") {
        add(packet(side, sequence, flags, payload));
    }
    void syn() {
        raw(client, next[client]++, TcpFlag::syn);
        raw(server, next[server]++, TcpFlag::syn | TcpFlag::ack);
        raw(client, next[client], TcpFlag::ack);
    }
    /// In segments of `size` bytes.
    void send(Side side, const std::string& data, std::size_t size = 1400) {
        for (std::size_t at = 0; at < data.size(); at += size) {
            const auto piece = data.substr(at, size);
            raw(side, next[side], TcpFlag::ack | TcpFlag::psh, piece);
            next[side] += static_cast<std::uint32_t>(piece.size());
        }
    }
    void fin() {
        raw(client, next[client]++, TcpFlag::fin | TcpFlag::ack);
        raw(server, next[server]++, TcpFlag::fin | TcpFlag::ack);
        raw(client, next[client], TcpFlag::ack);
    }
};

inline std::string upgrade(const std::string& host = "example.com", const std::string& path = "/chat",
                           const std::string& more = "") {
    return "GET " + path + " HTTP/1.1\r\nHost: " + host +
           "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
           "Sec-WebSocket-Version: 13\r\n" +
           more + "\r\n";
}

inline std::string get(const std::string& path = "/") {
    return "GET " + path + " HTTP/1.1\r\nHost: example.com\r\n\r\n";
}

inline std::string switching() {
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
}

inline std::string ok(const std::string& body = "hello") {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// A ClientHello in one record, or in several of `record` bytes.
inline std::string client_hello(const std::string& name, char random = 'r', std::size_t record = 16384) {
    const auto sni = big(name.size() + 3, 2) + "\0"s + big(name.size(), 2) + name;
    const auto extensions = "\x00\x17\0\0"s + (name.empty() ? "" : "\0\0"s + big(sni.size(), 2) + sni);
    const auto body =
        "\3\3"s + std::string(32, random) + "\0"s + "\0\2\x13\1"s + "\1\0"s + big(extensions.size(), 2) + extensions;
    const auto message = "\1"s + big(body.size(), 3) + body;
    std::string out;
    for (std::size_t at = 0; at < message.size(); at += record) {
        const auto piece = message.substr(at, record);
        out += "\x16\3\1"s + big(piece.size(), 2) + piece;
    }
    return out;
}

/// Remembers what is kept.
struct Kept final : Sink {
    std::vector<std::uint64_t> orders;
    std::vector<std::string> bytes;
    std::vector<std::uint32_t> connections;
    std::vector<ClientRandom> randoms;

    void keep(const Packet& packet, std::uint32_t connection) override {
        orders.push_back(packet.order);
        bytes.emplace_back(as_text(packet.data));
        connections.push_back(connection);
    }
    void keep_secrets(const ClientRandom& random) override { randoms.push_back(random); }
    bool has_secrets(const ClientRandom& random) override { return ++asked >= known_after && (!known || random[0] == known); }

    char known = 0;                      ///< The first byte of the only random with known secrets; 0: all have.
    unsigned asked = 0, known_after = 0; ///< Questions until they are.
};

/// Runs a selection over the whole capture. Each packet's bytes lie in memory of their own, gone after the
/// call.
inline Kept select(const Capture& capture, Criteria criteria = {}, Limits limits = {}, Counters* counters = nullptr) {
    Kept kept;
    Selector selector(std::move(criteria), limits, kept);
    std::uint64_t order = 0;
    for (const auto& captured : capture) {
        const std::vector<std::uint8_t> bytes(captured.bytes.begin(), captured.bytes.end());
        selector.packet({order++, 0, 0, captured.length, bytes, {}}, captured.link);
    }
    selector.finish();
    if (counters)
        *counters = selector.counters();
    return kept;
}

/// Places in the capture of the packets of these connections.
inline std::vector<std::uint64_t> places(const Capture& capture, const std::vector<int>& connections) {
    std::vector<std::uint64_t> out;
    for (std::size_t i = 0; i < capture.size(); ++i)
        for (const int connection : connections)
            if (capture[i].connection == connection)
                out.push_back(i);
    return out;
}

} // namespace wscap::test
