// SPDX-License-Identifier: GPL-2.0-or-later
#include "pcapng.hpp"
#include "reader.hpp"

#include <cstring>
#include <pcap/pcap.h>
#include <stdexcept>

namespace wscap {
namespace {

constexpr std::uint64_t nanoseconds = 1000000000;
constexpr std::uint32_t micro_magic = 0xA1B2C3D4, nano_magic = 0xA1B23C4D;
constexpr std::uint16_t raw_ip = 101; // LINKTYPE_RAW

/// Tells readers of a pcapng file that timestamps count nanoseconds.
void add_nanoseconds(Interface& interface) {
    constexpr std::uint8_t power = 9;
    pcapng::add_option(interface.options, pcapng::if_tsresol, {&power, 1});
}

class PcapReader final : public Reader {
  public:
    PcapReader(std::FILE* file, std::vector<Interface>& interfaces) : Reader(interfaces) {
        char error[PCAP_ERRBUF_SIZE];
        handle_ = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, error);
        if (!handle_) {
            std::fclose(file);
            throw std::runtime_error(error);
        }
        Interface interface;
        // libpcap's DLT_ numbers are those of pcapng, but for raw IP.
        const int link = pcap_datalink(handle_);
        interface.link_type = static_cast<std::uint16_t>(link == DLT_RAW ? raw_ip : link);
        interface.snap_length = static_cast<std::uint32_t>(pcap_snapshot(handle_));
        interface.ticks = nanoseconds;
        add_nanoseconds(interface);
        interfaces_.push_back(interface);
    }
    ~PcapReader() override { pcap_close(handle_); }
    PcapReader(const PcapReader&) = delete;
    PcapReader& operator=(const PcapReader&) = delete;

    ReadResult next(Packet& packet) override {
        pcap_pkthdr* header;
        const u_char* data;
        const int result = pcap_next_ex(handle_, &header, &data);
        if (result == PCAP_ERROR_BREAK)
            return ReadResult::end;
        if (result != 1) {
            problem_ = std::string(pcap_geterr(handle_)) + ", after " + std::to_string(packets_) + " packets";
            return ReadResult::failed;
        }
        packet.order = packets_++;
        packet.interface = 0;
        packet.timestamp =
            static_cast<std::uint64_t>(header->ts.tv_sec) * nanoseconds + static_cast<std::uint64_t>(header->ts.tv_usec);
        packet.length = header->len;
        packet.data = {data, header->caplen};
        packet.options = {};
        return ReadResult::packet;
    }

  private:
    pcap_t* handle_;
};

/// https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html
class MappedReader final : public Reader {
  public:
    MappedReader(std::unique_ptr<ByteSource> bytes, std::vector<Interface>& interfaces)
        : Reader(interfaces), source_(std::move(bytes)) {}

    ReadResult next(Packet& packet) override {
        if (interfaces_.empty())
            if (const auto result = read_header(); result != ReadResult::packet)
                return result;
        source_->skip(std::exchange(taken_, 0)); // the last packet was still needed until now
        Bytes record;
        if (const auto result = show(sizeof(RecordHeader), record); result != ReadResult::packet)
            return result;
        const RecordHeader header{u32(record, 0), u32(record, 4), u32(record, 8), u32(record, 12)};
        if (header.captured > largest_packet)
            return fail("corrupt packet length " + std::to_string(header.captured));
        if (const auto result = show(sizeof header + header.captured, record); result != ReadResult::packet)
            return result;
        taken_ = record.size();
        // Where the next header lies is known only from this one, so the processor cannot guess it; without
        // this hint most of the time goes into waiting for memory.
        for (std::size_t line = 0; line < record.size(); line += cache_line)
            __builtin_prefetch(record.data() + prefetch_distance + line);
        packet.order = packets_++;
        packet.interface = 0;
        packet.timestamp = header.seconds * interfaces_[0].ticks + header.fraction;
        packet.length = header.length;
        packet.data = record.subspan(sizeof header);
        packet.options = {};
        return ReadResult::packet;
    }

  private:
    struct RecordHeader {
        std::uint32_t seconds, fraction, captured, length;
    };
    static constexpr std::size_t cache_line = 64, prefetch_distance = 1536; // bytes
    static constexpr std::uint32_t largest_packet = 16 << 20;               ///< Bytes; larger ones are taken for corruption.

    ReadResult read_header() {
        Bytes bytes;
        if (const auto result = show(sizeof(pcap_file_header), bytes); result != ReadResult::packet)
            return result == ReadResult::wait ? result : fail("no whole file header");
        std::uint32_t magic;
        std::memcpy(&magic, bytes.data(), sizeof magic);
        swapped_ = magic != micro_magic && magic != nano_magic;
        if (swapped_)
            magic = __builtin_bswap32(magic);
        Interface interface;
        interface.snap_length = u32(bytes, 16);
        // The upper bits tell of a frame check sequence; libpcap's number for raw IP differs between systems.
        interface.link_type = static_cast<std::uint16_t>(u32(bytes, 20) & 0xFFFF);
        if (interface.link_type == DLT_RAW || interface.link_type == 14)
            interface.link_type = raw_ip;
        interface.ticks = magic == nano_magic ? nanoseconds : 1000000;
        if (magic == nano_magic)
            add_nanoseconds(interface);
        interfaces_.push_back(interface);
        source_->skip(sizeof(pcap_file_header));
        return ReadResult::packet;
    }

    std::uint32_t u32(Bytes bytes, std::size_t at) const {
        std::uint32_t value;
        std::memcpy(&value, bytes.data() + at, sizeof value);
        return swapped_ ? __builtin_bswap32(value) : value;
    }

    ReadResult fail(const std::string& what) {
        problem_ = what + " at byte " + std::to_string(source_->offset()) + ", after " + std::to_string(packets_) + " packets";
        return ReadResult::failed;
    }

    ReadResult show(std::size_t size, Bytes& bytes) {
        const auto result = source_->peek(size, bytes);
        return result == ReadResult::failed ? fail(source_->problem()) : result;
    }

    std::unique_ptr<ByteSource> source_;
    std::size_t taken_ = 0; ///< Bytes of the record last read.
    bool swapped_ = false;
};

} // namespace

std::unique_ptr<Reader> read_pcap(std::unique_ptr<ByteSource> bytes, std::vector<Interface>& interfaces) {
    return std::make_unique<MappedReader>(std::move(bytes), interfaces);
}

bool is_pcap(const unsigned char (&magic)[4]) {
    std::uint32_t value;
    std::memcpy(&value, magic, sizeof value);
    for (const auto known : {micro_magic, nano_magic})
        if (value == known || value == __builtin_bswap32(known))
            return true;
    return false;
}

std::unique_ptr<Reader> read_with_libpcap(std::FILE* file, std::vector<Interface>& interfaces) {
    return std::make_unique<PcapReader>(file, interfaces);
}

} // namespace wscap
