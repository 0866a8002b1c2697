// SPDX-License-Identifier: GPL-2.0-or-later
#include "writer.hpp"

#include "pcapng.hpp"

#include <cerrno>
#include <cstring>
#include <pcap/pcap.h>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace wscap {
namespace {

constexpr std::size_t buffer_size = 256 << 10;
constexpr std::uint32_t micro_magic = 0xA1B2C3D4, nano_magic = 0xA1B23C4D;

struct RecordHeader { // of classic pcap
    std::uint32_t seconds, fraction, captured, length;
};

} // namespace

Writer::Writer(int descriptor, std::string name, Format format, const std::vector<Interface>& interfaces)
    : descriptor_(descriptor), name_(std::move(name)), format_(format), interfaces_(interfaces) {
    buffer_.reserve(buffer_size + 4096);
    if (format_ == Format::pcapng)
        pcapng::section(buffer_, "wscap " WSCAP_VERSION);
}

Writer::~Writer() {
    if (descriptor_ > STDERR_FILENO)
        ::close(descriptor_);
}

void Writer::new_interfaces() {
    if (format_ == Format::pcap && known_interfaces_ == 0)
        classic_header();
    for (; known_interfaces_ < interfaces_.size(); ++known_interfaces_) {
        if (format_ == Format::pcapng)
            pcapng::interface(buffer_, interfaces_[known_interfaces_]);
        else if (interfaces_[known_interfaces_].link_type != interfaces_[0].link_type)
            throw std::runtime_error("a pcap file holds one link type only: write pcapng (without -P)");
    }
}

void Writer::classic_header() {
    const Interface interface = interfaces_.empty() ? Interface{1, 262144, 1000000, {}} : interfaces_[0];
    pcap_file_header header{};
    header.magic = interface.ticks > 1000000 ? nano_magic : micro_magic;
    header.version_major = PCAP_VERSION_MAJOR;
    header.version_minor = PCAP_VERSION_MINOR;
    header.snaplen = interface.snap_length ? interface.snap_length : 262144;
    header.linktype = interface.link_type;
    buffer_.append(reinterpret_cast<const char*>(&header), sizeof header);
}

void Writer::packet(const Packet& packet) {
    if (known_interfaces_ < interfaces_.size())
        new_interfaces();
    if (format_ == Format::pcapng) {
        pcapng::packet(buffer_, packet);
    } else {
        const std::uint64_t ticks = interfaces_[packet.interface].ticks;
        const std::uint64_t units = interfaces_[0].ticks > 1000000 ? 1000000000 : 1000000;
        // Exact for units as small as 0.1 ns; finer ones are rounded.
        const auto fraction =
            ticks <= 10000000000 ? packet.timestamp % ticks * units / ticks : packet.timestamp % ticks / (ticks / units);
        const RecordHeader header{static_cast<std::uint32_t>(packet.timestamp / ticks), static_cast<std::uint32_t>(fraction),
                                  static_cast<std::uint32_t>(packet.data.size()), packet.length};
        buffer_.append(reinterpret_cast<const char*>(&header), sizeof header);
        buffer_ += as_text(packet.data);
    }
    ++packets_;
    if (buffer_.size() >= buffer_size)
        flush();
}

void Writer::secrets(std::string_view key_log) {
    if (format_ == Format::pcapng && !key_log.empty())
        pcapng::secrets(buffer_, key_log);
}

void Writer::statistics(std::uint64_t received, std::uint64_t dropped) {
    if (format_ == Format::pcapng && !interfaces_.empty()) {
        new_interfaces();
        pcapng::statistics(buffer_, 0, received, dropped);
    }
}

void Writer::flush() {
    if (failed_ || descriptor_ < 0)
        return;
    if (known_interfaces_ < interfaces_.size())
        new_interfaces();
    std::size_t written = 0;
    while (written < buffer_.size()) {
        const auto count = ::write(descriptor_, buffer_.data() + written, buffer_.size() - written);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            fail(written, count < 0 ? errno : ENOSPC);
        written += static_cast<std::size_t>(count);
    }
    flushed_ += written;
    flushed_packets_ = packets_;
    buffer_.clear();
}

void Writer::fail(std::size_t written, int error) {
    failed_ = true;
    // Without half a packet at its end the file can be read; the return value tells nothing that `error` does
    // not.
    std::uint64_t packets = 0;
    const auto keep = static_cast<off_t>(flushed_ + whole(written, packets));
    packets_ = flushed_packets_ + packets;
    if (::lseek(descriptor_, 0, SEEK_CUR) >= 0 && ::ftruncate(descriptor_, keep) == 0)
        ::lseek(descriptor_, keep, SEEK_SET);
    if (error == EPIPE)
        throw OutputClosed();
    throw std::system_error(error, std::generic_category(), name_);
}

/// How many of the first `written` bytes of the buffer are whole blocks or records, and how many packets these have.
std::size_t Writer::whole(std::size_t written, std::uint64_t& packets) const {
    std::size_t at = format_ == Format::pcap && flushed_ == 0 ? sizeof(pcap_file_header) : 0;
    for (;;) {
        const bool blocks = format_ == Format::pcapng;
        std::uint32_t type = pcapng::enhanced_packet, length;
        const std::size_t field = blocks ? 4 : 8;
        if (at + field + 4 > written)
            return std::min(at, written);
        if (blocks)
            std::memcpy(&type, buffer_.data() + at, 4);
        std::memcpy(&length, buffer_.data() + at + field, 4);
        const std::size_t next = at + length + (blocks ? 0 : sizeof(RecordHeader));
        if (next > written)
            return at;
        packets += type == pcapng::enhanced_packet;
        at = next;
    }
}

void Writer::close() {
    if (descriptor_ < 0)
        return;
    if (format_ == Format::pcap && interfaces_.empty() && bytes() == 0)
        classic_header();
    flush();
    const int descriptor = std::exchange(descriptor_, -1);
    if (::close(descriptor) != 0 && !failed_) // some file systems report a full disk only here
        throw std::system_error(errno, std::generic_category(), name_);
}

} // namespace wscap
