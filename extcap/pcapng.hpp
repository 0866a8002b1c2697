// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "packet.hpp"

#include <algorithm>
#include <string>

namespace wscap::pcapng {

// Block types: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html
enum Type : std::uint32_t {
    section_header = 0x0A0D0D0A,
    interface_description = 1,
    old_packet = 2,
    simple_packet = 3,
    interface_statistics = 5,
    enhanced_packet = 6,
    decryption_secrets = 10,
};

constexpr std::uint32_t byte_order_magic = 0x1A2B3C4D;
constexpr std::uint32_t tls_key_log = 0x544C534B; ///< Secrets type of an SSLKEYLOGFILE's lines.

enum Option : std::uint16_t { end = 0, comment = 1, if_name = 2, if_tsresol = 9, isb_received = 4, isb_dropped = 5 };

/// Appends one option to `options`, padded to 4 bytes.
void add_option(std::string& options, std::uint16_t code, Bytes value);

/// Calls `visit(code, value)` for each option, in this machine's byte order, until the end.
template <class Visit>
void each_option(Bytes options, Visit visit) {
    while (options.size() >= 4) {
        const auto code = static_cast<std::uint16_t>(options[0] | options[1] << 8);
        const std::size_t length = options[2] | options[3] << 8;
        if (code == end || length > options.size() - 4)
            return;
        visit(code, options.subspan(4, length));
        options = options.subspan(std::min(options.size(), 4 + ((length + 3) & ~std::size_t{3})));
    }
}

// Whole blocks, in this machine's byte order, appended to `to`.
void section(std::string& to, std::string_view application);
void interface(std::string& to, const Interface& interface);
void packet(std::string& to, const Packet& packet);
void secrets(std::string& to, std::string_view key_log);
void statistics(std::string& to, std::uint32_t number, std::uint64_t received, std::uint64_t dropped);

} // namespace wscap::pcapng
