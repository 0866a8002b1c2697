// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "packet.hpp"

#include <stdexcept>
#include <vector>

namespace wscap {

enum class Format : std::uint8_t { pcapng, pcap };

/// Whoever read what is written has closed it.
struct OutputClosed : std::runtime_error {
    OutputClosed() : std::runtime_error("whoever read the output has closed it") {}
};

/// Writes one capture file. At any flush() the file is complete; where writing fails (std::system_error, or OutputClosed) a
/// regular file is cut back to its last whole packet.
class Writer {
  public:
    /// Takes the descriptor over. `interfaces` may grow while packets are written. `name` is for messages.
    Writer(int descriptor, std::string name, Format format, const std::vector<Interface>& interfaces);
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    void packet(const Packet& packet);
    void secrets(std::string_view key_log);
    void statistics(std::uint64_t received, std::uint64_t dropped);
    void flush();

    /// Flushes and closes; later calls do nothing.
    void close();

    std::uint64_t bytes() const { return flushed_ + buffer_.size(); }

    /// In the file; once writing has failed, without those that did not get there.
    std::uint64_t packets() const { return packets_; }

  private:
    void new_interfaces();
    void classic_header();
    [[noreturn]] void fail(std::size_t written, int error);
    std::size_t whole(std::size_t written, std::uint64_t& packets) const;

    int descriptor_;
    std::string name_;
    Format format_;
    const std::vector<Interface>& interfaces_;
    std::size_t known_interfaces_ = 0;
    std::uint64_t flushed_ = 0, packets_ = 0, flushed_packets_ = 0;
    std::string buffer_;
    bool failed_ = false;
};

} // namespace wscap
