// SPDX-License-Identifier: GPL-2.0-or-later
// Classic pcap: however it arrives, and what libpcap reads of the same file.
#include "reading.hpp"

#include <pcap/pcap.h>

namespace ws::fuzz {
namespace {

struct Record {
    std::uint32_t length;
    std::string data;
};

std::vector<Record> by_libpcap(std::string capture) {
    std::vector<Record> out;
    char error[PCAP_ERRBUF_SIZE];
    auto* file = fmemopen(capture.data(), capture.size(), "rb");
    auto* handle = pcap_fopen_offline(file, error);
    if (!handle) {
        std::fclose(file);
        return out;
    }
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    while (pcap_next_ex(handle, &header, &data) == 1)
        out.push_back({header->len, std::string(reinterpret_cast<const char*>(data), header->caplen)});
    pcap_close(handle);
    return out;
}

} // namespace

void run(Input& input) {
    const auto how = input.number();
    const auto capture = input.rest();
    unsigned char magic[4] = {};
    std::memcpy(magic, capture.data(), std::min<std::size_t>(4, capture.size()));
    if (!wscap::is_pcap(magic))
        return;
    const auto told = read_anyhow(wscap::read_pcap, capture, how);
    if (capture.size() < 24 || (capture[4] + capture[5]) != 2 || (capture[6] + capture[7]) != 4 ||
        (capture[20] + capture[23]) != 1 || capture[21] || capture[22])
        return; // libpcap exchanges lengths in files of older versions, and changes those of USB
    const auto expected = by_libpcap(capture);
    demand(told.count >= expected.size(), "packets that only libpcap reads");
    // libpcap cuts what is longer than the snap length, so only beginnings are compared.
    std::vector<wscap::Interface> interfaces;
    const auto reader = wscap::read_pcap(wscap::buffered_source(arriving(capture, 0)), interfaces);
    wscap::Packet packet;
    for (const auto& record : expected) {
        demand(reader->next(packet) == wscap::ReadResult::packet && packet.length == record.length, "libpcap's length");
        demand(as_text(packet.data).starts_with(record.data), "libpcap's bytes");
    }
}

} // namespace ws::fuzz
