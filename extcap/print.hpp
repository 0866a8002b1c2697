// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "options.hpp"

#include <memory>
#include <sys/types.h>

namespace wscap {

/// --print: the capture goes through tshark with the WebSocket plugin, and what it makes of it, as PDML,
/// becomes a line per message on standard output.
class Print {
  public:
    /// Starts tshark. Throws std::runtime_error.
    Print(const Options& options, const std::vector<Interface>& interfaces);
    ~Print();

    void packet(const Packet& packet) {
        write([&] { writer_->packet(packet); });
    }
    void secrets(std::string_view key_log) {
        write([&] { writer_->secrets(key_log); });
    }
    void flush() {
        write([&] { writer_->flush(); });
    }

    /// Throws as finish() does if tshark, or whoever reads the lines, has ended before its time.
    void check();

    /// Waits until everything is shown. Throws std::runtime_error if tshark failed, OutputClosed if nobody reads the lines.
    void finish();

  private:
    /// A pipe that is closed means that tshark has ended; how, finish() tells.
    template <class Write>
    void write(Write write) {
        try {
            write();
        } catch (const OutputClosed&) {
            ended_early();
        }
    }
    [[noreturn]] void ended_early();

    std::unique_ptr<Writer> writer_;
    pid_t tshark_ = -1, formatter_ = -1;
};

} // namespace wscap
