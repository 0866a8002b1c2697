// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "key_log.hpp"

#include <sys/types.h>

namespace wscap {

/// Reads an SSLKEYLOGFILE as it grows. It may come into being later, and may be replaced or begun anew.
class KeyLogFile {
  public:
    explicit KeyLogFile(std::string path);
    ~KeyLogFile();
    KeyLogFile(const KeyLogFile&) = delete;
    KeyLogFile& operator=(const KeyLogFile&) = delete;

    /// Adds what is new, at most 4 MiB. Returns whether there may be more.
    bool poll(KeyLog& log);

    /// Adds all that there is now, however fast it grows.
    void read(KeyLog& log);

    /// It has been there at some time.
    bool found() const { return descriptor_ >= 0; }

  private:
    void reopen();

    std::string path_;
    int descriptor_ = -1;
    off_t offset_ = 0;
};

} // namespace wscap
