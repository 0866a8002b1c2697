// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls_hello.hpp"

#include "big_endian.hpp"

#include <algorithm>
#include <cstring>

namespace wscap {
namespace {

constexpr std::uint8_t handshake = 22, client_hello = 1;

/// Takes vectors with a length before them off the front; `ok` turns false where one is cut short.
struct Reader {
    Bytes rest;
    bool ok = true;

    Bytes take(std::size_t size) {
        ok = ok && size <= rest.size();
        if (!ok)
            return {};
        const Bytes taken = rest.first(size);
        rest = rest.subspan(size);
        return taken;
    }
    std::uint16_t u16() {
        const Bytes two = take(2);
        return ok ? ws::be16(two, 0) : std::uint16_t{0};
    }
    Bytes vector8() {
        const Bytes one = take(1);
        return take(ok ? one[0] : 0);
    }
    Bytes vector16() { return take(u16()); }
};

std::string server_name(Bytes extension) {
    Reader list{Reader{extension}.vector16()};
    while (list.ok && !list.rest.empty()) {
        const Bytes type = list.take(1);
        const Bytes name = list.vector16();
        if (list.ok && type[0] == 0)
            return std::string(as_text(name));
    }
    return {};
}

} // namespace

bool starts_client_hello(Bytes bytes) noexcept {
    return bytes.size() >= 6 && bytes[0] == handshake && bytes[1] == 3 && bytes[2] <= 4 && bytes[5] == client_hello;
}

HelloResult parse_client_hello(Bytes stream, TlsHello& hello) {
    std::string message;
    for (;;) {
        for (std::size_t i = 0; i < std::min<std::size_t>(2, stream.size()); ++i)
            if (stream[i] != (i == 0 ? handshake : 3))
                return HelloResult::not_tls;
        if (stream.size() < 5)
            return HelloResult::incomplete;
        const std::size_t size = ws::be16(stream, 3);
        if (size == 0 || size > 16384)
            return HelloResult::not_tls;
        message += as_text(stream.subspan(5, std::min(size, stream.size() - 5)));
        if (!message.empty() && message[0] != client_hello)
            return HelloResult::not_tls;
        if (message.size() >= 4 && message.size() - 4 >= ws::be24(ws::as_bytes(message), 1))
            break;
        if (stream.size() < 5 + size)
            return HelloResult::incomplete;
        stream = stream.subspan(5 + size);
    }
    const Bytes body = ws::as_bytes(message).subspan(4, ws::be24(ws::as_bytes(message), 1));
    Reader reader{body};
    reader.take(2); // legacy_version
    const Bytes random = reader.take(hello.random.size());
    reader.vector8();  // legacy_session_id
    reader.vector16(); // cipher_suites
    reader.vector8();  // legacy_compression_methods
    if (!reader.ok)
        return HelloResult::not_tls;
    std::memcpy(hello.random.data(), random.data(), random.size());
    hello.server_name.clear();
    Reader extensions{reader.rest.empty() ? Bytes{} : reader.vector16()};
    while (extensions.ok && !extensions.rest.empty()) {
        const std::uint16_t type = extensions.u16();
        const Bytes extension = extensions.vector16();
        if (extensions.ok && type == 0)
            hello.server_name = server_name(extension);
    }
    return HelloResult::complete;
}

} // namespace wscap
