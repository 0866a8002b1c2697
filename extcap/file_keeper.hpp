// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <sys/types.h>

namespace wscap {

/// A process that keeps root's right to make the files of one ring buffer, and nothing else, while wscap
/// itself gives it up.
class FileKeeper {
  public:
    /// Serves names that begin like `path` without its extension, in the same folder. Throws
    /// std::runtime_error.
    explicit FileKeeper(const std::string& path);
    ~FileKeeper();
    FileKeeper(const FileKeeper&) = delete;
    FileKeeper& operator=(const FileKeeper&) = delete;

    /// As open_for_writing().
    int open(const std::string& name);

    void remove(const std::string& name);

  private:
    int ask(char what, const std::string& name, int& error);

    int socket_ = -1;
    pid_t process_ = -1;
};

} // namespace wscap
