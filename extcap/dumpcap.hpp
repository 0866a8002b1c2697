// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace wscap {

/// dumpcap, capturing into a pipe. A keeper process between the two holds the right to end it after wscap has
/// given up its privileges, and ends it also when wscap dies.
class Dumpcap {
  public:
    /// `options` come before "-w -". Throws std::runtime_error.
    explicit Dumpcap(const std::vector<std::string>& options);
    ~Dumpcap();
    Dumpcap(const Dumpcap&) = delete;
    Dumpcap& operator=(const Dumpcap&) = delete;

    /// As ReadBytes says: -2 if nothing is there yet.
    std::ptrdiff_t read(void* to, std::size_t size);

    /// Waits until there is something to read, at most so long. Collects dumpcap's messages meanwhile.
    void wait(int milliseconds);

    /// Asks dumpcap to finish; what it has captured can still be read.
    void stop();

    /// After the end of what it wrote: how it ended. Empty if all is well, else a message for people.
    std::string finish();

  private:
    void read_messages();

    pid_t keeper_ = -1;
    int packets_ = -1, messages_ = -1, control_ = -1;
    std::string said_;
    bool stopped_ = false;
};

/// Runs dumpcap with these options, its output being ours. Returns its exit status.
int run_dumpcap(const std::vector<std::string>& options);

/// What dumpcap writes to its standard output with these options; empty if it fails.
std::string ask_dumpcap(const std::vector<std::string>& options);

/// The names in an answer to "-D -M": lines with tabs up to Wireshark 4.2, JSON from 4.4 on. What is neither has none.
std::vector<std::string> interface_names(std::string_view answer);

/// dumpcap's place: WSCAP_DUMPCAP, or as PATH says.
std::string dumpcap_program();

} // namespace wscap
