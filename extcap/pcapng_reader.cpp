// SPDX-License-Identifier: GPL-2.0-or-later
#include "pcapng.hpp"
#include "reader.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>

namespace wscap {
namespace {

constexpr std::size_t largest_block = 64 << 20; // bytes; larger ones are taken for corruption

class PcapngReader final : public Reader {
  public:
    PcapngReader(std::unique_ptr<ByteSource> bytes, std::vector<Interface>& interfaces)
        : Reader(interfaces), source_(std::move(bytes)) {}

    ReadResult next(Packet& packet) override {
        for (;;) {
            source_->skip(std::exchange(taken_, 0)); // the last packet was still needed until now
            Bytes block;
            if (const auto result = next_block(block); result != ReadResult::packet)
                return result;
            const auto result = read_block(block, packet);
            taken_ = block.size();
            if (result == ReadResult::packet) {
                packet.order = packets_++;
                return result;
            }
            if (result == ReadResult::failed)
                return result;
        }
    }

    std::uint64_t dropped() const override {
        std::uint64_t sum = 0;
        for (const auto& [interface, count] : dropped_)
            sum += count;
        return sum;
    }

  private:
    template <class T>
    T load(Bytes bytes, std::size_t at) const {
        T value;
        std::memcpy(&value, bytes.data() + at, sizeof value);
        if (!swapped_)
            return value;
        auto* raw = reinterpret_cast<unsigned char*>(&value);
        std::reverse(raw, raw + sizeof value);
        return value;
    }
    std::uint16_t u16(Bytes bytes, std::size_t at) const { return load<std::uint16_t>(bytes, at); }
    std::uint32_t u32(Bytes bytes, std::size_t at) const { return load<std::uint32_t>(bytes, at); }

    ReadResult fail(const std::string& what) {
        problem_ = what + " at byte " + std::to_string(source_->offset()) + ", after " + std::to_string(packets_) + " packets";
        return ReadResult::failed;
    }

    ReadResult show(std::size_t size, Bytes& bytes) {
        const auto result = source_->peek(size, bytes);
        return result == ReadResult::failed ? fail(source_->problem()) : result;
    }

    ReadResult next_block(Bytes& block) {
        if (const auto result = show(12, block); result != ReadResult::packet)
            return result;
        if (u32(block, 0) == pcapng::section_header) { // reads the same in either byte order
            std::uint32_t magic;
            std::memcpy(&magic, block.data() + 8, 4);
            if (magic != pcapng::byte_order_magic && magic != __builtin_bswap32(pcapng::byte_order_magic))
                return fail("corrupt section header");
            swapped_ = magic != pcapng::byte_order_magic;
        }
        const std::size_t size = u32(block, 4);
        if (size < 12 || size % 4 || size > largest_block)
            return fail("corrupt block length " + std::to_string(size));
        if (const auto result = show(size, block); result != ReadResult::packet)
            return result;
        return u32(block, size - 4) == size ? ReadResult::packet : fail("corrupt block length");
    }

    /// `packet` if the block is one, else `wait`.
    ReadResult read_block(Bytes block, Packet& packet) {
        const Bytes body = block.subspan(8, block.size() - 12);
        switch (u32(block, 0)) {
        case pcapng::section_header: first_interface_ = interfaces_.size(); return ReadResult::wait;
        case pcapng::interface_description: return add_interface(body);
        case pcapng::enhanced_packet: return body.size() < 20 ? fail("corrupt packet block") : enhanced(body, packet);
        case pcapng::old_packet: return body.size() < 20 ? fail("corrupt packet block") : old(body, packet);
        case pcapng::simple_packet: return body.size() < 4 ? fail("corrupt packet block") : simple(body, packet);
        case pcapng::interface_statistics: add_statistics(body); return ReadResult::wait;
        case pcapng::decryption_secrets:
            if (body.size() >= 8 && u32(body, 0) == pcapng::tls_key_log)
                secrets_ += as_text(body.subspan(8, std::min<std::size_t>(body.size() - 8, u32(body, 4))));
            return ReadResult::wait;
        default: return ReadResult::wait;
        }
    }

    ReadResult add_interface(Bytes body) {
        if (body.size() < 8)
            return fail("corrupt interface block");
        if (interfaces_.size() > 65535)
            return fail("too many interfaces");
        Interface interface;
        interface.link_type = u16(body, 0);
        interface.snap_length = u32(body, 4);
        const Bytes options = native_options(body.subspan(8), pcapng::interface_description);
        interface.options = as_text(options);
        pcapng::each_option(options, [&](std::uint16_t code, Bytes value) {
            if (code == pcapng::if_tsresol && value.size() == 1) {
                interface.ticks = 1;
                for (int i = 0; i < (value[0] & 0x7F) && interface.ticks < std::uint64_t{1} << 59; ++i)
                    interface.ticks *= value[0] & 0x80 ? 2 : 10;
            }
        });
        interfaces_.push_back(interface);
        return ReadResult::wait;
    }

    ReadResult set(Packet& packet, std::uint32_t interface, std::uint64_t time, std::uint32_t captured, std::uint32_t length,
                   Bytes rest) {
        const std::size_t number = first_interface_ + interface;
        const std::size_t padded = (captured + std::size_t{3}) & ~std::size_t{3};
        if (number >= interfaces_.size())
            return fail("packet of an unknown interface");
        if (padded > rest.size())
            return fail("corrupt packet length");
        packet.interface = static_cast<std::uint32_t>(number);
        packet.timestamp = time;
        packet.length = length;
        packet.data = rest.first(captured);
        packet.options = padded < rest.size() ? native_options(rest.subspan(padded), pcapng::enhanced_packet) : Bytes{};
        return ReadResult::packet;
    }

    ReadResult enhanced(Bytes body, Packet& packet) {
        const auto time = std::uint64_t{u32(body, 4)} << 32 | u32(body, 8);
        return set(packet, u32(body, 0), time, u32(body, 12), u32(body, 16), body.subspan(20));
    }

    ReadResult old(Bytes body, Packet& packet) {
        const auto time = std::uint64_t{u32(body, 4)} << 32 | u32(body, 8);
        const auto result = set(packet, u16(body, 0), time, u32(body, 12), u32(body, 16), body.subspan(20));
        packet.options = {}; // other codes than an enhanced packet's
        return result;
    }

    ReadResult simple(Bytes body, Packet& packet) {
        const auto length = u32(body, 0);
        const auto limit = first_interface_ < interfaces_.size() ? interfaces_[first_interface_].snap_length : 0;
        auto captured = std::min<std::uint32_t>(length, static_cast<std::uint32_t>(body.size() - 4));
        if (limit)
            captured = std::min(captured, limit);
        const auto result = set(packet, 0, 0, captured, length, body.subspan(4));
        packet.options = {};
        return result;
    }

    void add_statistics(Bytes body) {
        if (body.size() < 12)
            return;
        const auto interface = first_interface_ + u32(body, 0);
        pcapng::each_option(native_options(body.subspan(12), pcapng::interface_statistics), [&](std::uint16_t code, Bytes value) {
            std::uint64_t count;
            if (code == pcapng::isb_dropped && value.size() == sizeof count) {
                std::memcpy(&count, value.data(), sizeof count);
                dropped_[interface] = count;
            }
        });
    }

    /// Without the end of options, and in this machine's byte order, numbers among the values too.
    Bytes native_options(Bytes options, std::uint32_t block) {
        scratch_.clear();
        for (std::size_t at = 0; at + 4 <= options.size();) {
            const auto code = u16(options, at);
            const std::size_t length = u16(options, at + 2);
            if (code == pcapng::end || length > options.size() - at - 4)
                break;
            std::string value(as_text(options.subspan(at + 4, length)));
            if (swapped_ && is_number(block, code, length))
                std::reverse(value.begin(), value.end());
            pcapng::add_option(scratch_, code, ws::as_bytes(value));
            at += 4 + ((length + 3) & ~std::size_t{3});
        }
        return ws::as_bytes(scratch_);
    }

    static bool is_number(std::uint32_t block, std::uint16_t code, std::size_t length) {
        if (length != 2 && length != 4 && length != 8)
            return false;
        switch (block) {
        case pcapng::interface_description: return code == 8 || code == 14 || code == 16 || code == 17; // speeds, offset
        case pcapng::enhanced_packet: return code == 2 || code == 4 || code == 5 || code == 6;          // flags, drops, id, queue
        default: return code >= 4 && code <= 8;                                                         // counts
        }
    }

    std::unique_ptr<ByteSource> source_;
    std::size_t taken_ = 0; ///< Bytes of the block last read.
    bool swapped_ = false;
    std::size_t first_interface_ = 0; ///< Of this section.
    std::map<std::size_t, std::uint64_t> dropped_;
    std::string scratch_;
};

} // namespace

std::unique_ptr<Reader> read_pcapng(std::unique_ptr<ByteSource> bytes, std::vector<Interface>& interfaces) {
    return std::make_unique<PcapngReader>(std::move(bytes), interfaces);
}

} // namespace wscap
