// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "byte_source.hpp"

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace wscap {

/// Packets of one capture, whatever its format.
class Reader {
  public:
    /// `interfaces` outlives the reader.
    explicit Reader(std::vector<Interface>& interfaces) : interfaces_(interfaces) {}
    virtual ~Reader() = default;

    /// The packet's spans are valid until the next call.
    virtual ReadResult next(Packet& packet) = 0;

    const std::string& problem() const { return problem_; }

    /// Packets that the kernel or the capturing program dropped, as far as the capture says.
    virtual std::uint64_t dropped() const { return 0; }

    /// Lines of TLS secrets that the capture itself carried, since the last call.
    std::string take_secrets() { return std::exchange(secrets_, {}); }

  protected:
    std::vector<Interface>& interfaces_; ///< Those seen so far; grows as a pcapng capture goes on.
    std::string problem_, secrets_;
    std::uint64_t packets_ = 0;
};

/// pcapng is read here and not by libpcap, which refuses files whose interfaces differ in link type, and
/// passes on neither interfaces nor comments.
std::unique_ptr<Reader> read_pcapng(std::unique_ptr<ByteSource> bytes, std::vector<Interface>& interfaces);

/// Classic pcap is read here, too: libpcap copies every byte, which takes longer than the whole selection of a file that is
/// mapped.
std::unique_ptr<Reader> read_pcap(std::unique_ptr<ByteSource> bytes, std::vector<Interface>& interfaces);

/// These first four bytes are those of a file that read_pcap() reads.
bool is_pcap(const unsigned char (&magic)[4]);

/// Every other format and source, by libpcap. Takes the file over; throws std::runtime_error if it is no
/// capture.
std::unique_ptr<Reader> read_with_libpcap(std::FILE* file, std::vector<Interface>& interfaces);

} // namespace wscap
