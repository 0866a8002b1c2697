// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace wscap {

/// The program of `wscap run`, and the file where it logs the secrets of its TLS connections, which nobody else can read and
/// which goes when wscap does. A keeper process between the two runs it as the user who called, while wscap gives up its
/// privileges.
class Command {
  public:
    /// Prepares the program; it waits for start(). `preload`: have OpenSSL log, too, where the program does not ask it to.
    /// `user` is who it runs as if wscap is root's; empty means the one who called sudo, or root. Throws std::runtime_error.
    Command(std::vector<std::string> words, bool preload, const std::string& user);
    ~Command();
    Command(const Command&) = delete;
    Command& operator=(const Command&) = delete;

    const std::string& key_log() const { return key_log_; }

    /// Once.
    void start();
    bool started() const { return started_; }

    /// Sends it a signal, if it was started.
    void pass_on(int signal);

    /// Its exit status, as a shell tells it: 128 and the signal that killed it; 127 where it was not found.
    std::optional<int> ended();

  private:
    std::string key_log_;
    pid_t keeper_ = -1;
    int control_ = -1; ///< To the keeper: a signal, or 0 to start; its end says that wscap is gone.
    int status_ = -1;  ///< From the keeper: one byte.
    std::optional<int> exit_status_;
    bool started_ = false;
};

/// Where the library is that has OpenSSL log: WSCAP_PRELOAD, or beside the program as it was installed. Throws std::runtime_error
/// if it is not there.
std::string preload_library();

} // namespace wscap
