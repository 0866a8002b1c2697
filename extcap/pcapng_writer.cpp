// SPDX-License-Identifier: GPL-2.0-or-later
#include "pcapng.hpp"

#include <bit>
#include <chrono>
#include <cstring>

namespace wscap::pcapng {
namespace {

static_assert(std::endian::native == std::endian::little, "each_option reads little-endian lengths");

template <class T>
void put(std::string& to, T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    to.append(bytes, sizeof value);
}

void pad(std::string& to) {
    to.append(-to.size() & 3, '\0');
}

/// The length before and after a block's body.
class Block {
  public:
    Block(std::string& to, std::uint32_t type) : to_(to), start_(to.size()) {
        put(to, type);
        put(to, std::uint32_t{0});
    }
    ~Block() {
        const auto length = static_cast<std::uint32_t>(to_.size() + 4 - start_);
        std::memcpy(&to_[start_ + 4], &length, 4);
        put(to_, length);
    }
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;

  private:
    std::string& to_;
    std::size_t start_;
};

void put_options(std::string& to, std::string_view options) {
    if (options.empty())
        return;
    to += options;
    put(to, std::uint32_t{end});
}

} // namespace

void add_option(std::string& options, std::uint16_t code, Bytes value) {
    put(options, code);
    put(options, static_cast<std::uint16_t>(value.size()));
    options += as_text(value);
    pad(options);
}

void section(std::string& to, std::string_view application) {
    constexpr std::uint16_t shb_userappl = 4;
    std::string options;
    add_option(options, shb_userappl, ws::as_bytes(application));
    const Block block(to, section_header);
    put(to, byte_order_magic);
    put(to, std::uint16_t{1}); // version 1.0
    put(to, std::uint16_t{0});
    put(to, std::int64_t{-1}); // length of the section: not known beforehand
    put_options(to, options);
}

void interface(std::string& to, const Interface& interface) {
    const Block block(to, interface_description);
    put(to, interface.link_type);
    put(to, std::uint16_t{0});
    put(to, interface.snap_length);
    put_options(to, interface.options);
}

void packet(std::string& to, const Packet& packet) {
    const Block block(to, enhanced_packet);
    put(to, packet.interface);
    put(to, static_cast<std::uint32_t>(packet.timestamp >> 32));
    put(to, static_cast<std::uint32_t>(packet.timestamp));
    put(to, static_cast<std::uint32_t>(packet.data.size()));
    put(to, packet.length);
    to += as_text(packet.data);
    to.append(-packet.data.size() & 3, '\0');
    put_options(to, as_text(packet.options));
}

void secrets(std::string& to, std::string_view key_log) {
    const Block block(to, decryption_secrets);
    put(to, tls_key_log);
    put(to, static_cast<std::uint32_t>(key_log.size()));
    to += key_log;
    to.append(-key_log.size() & 3, '\0');
}

void statistics(std::string& to, std::uint32_t number, std::uint64_t received, std::uint64_t dropped) {
    const auto now = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
    std::string options;
    add_option(options, isb_received, {reinterpret_cast<const std::uint8_t*>(&received), sizeof received});
    add_option(options, isb_dropped, {reinterpret_cast<const std::uint8_t*>(&dropped), sizeof dropped});
    const Block block(to, interface_statistics);
    put(to, number);
    put(to, static_cast<std::uint32_t>(now >> 32));
    put(to, static_cast<std::uint32_t>(now));
    put_options(to, options);
}

} // namespace wscap::pcapng
