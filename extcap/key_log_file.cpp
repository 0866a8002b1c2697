// SPDX-License-Identifier: GPL-2.0-or-later
#include "key_log_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace wscap {

static constexpr int most_reads = 256; // at a time: others wait meanwhile

KeyLogFile::KeyLogFile(std::string path) : path_(std::move(path)) {
    reopen();
}

KeyLogFile::~KeyLogFile() {
    if (descriptor_ >= 0)
        close(descriptor_);
}

/// Follows the name: to the file there now, if it is another one than before.
void KeyLogFile::reopen() {
    struct stat there {
    }, here{};
    if (stat(path_.c_str(), &there) != 0)
        return;
    if (descriptor_ >= 0 && fstat(descriptor_, &here) == 0 && here.st_ino == there.st_ino && here.st_dev == there.st_dev)
        return;
    const int descriptor = open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return;
    if (descriptor_ >= 0)
        close(descriptor_);
    descriptor_ = descriptor;
    offset_ = 0;
}

bool KeyLogFile::poll(KeyLog& log) {
    struct stat status {};
    if (descriptor_ >= 0 && fstat(descriptor_, &status) == 0 && status.st_size < offset_)
        offset_ = 0;                          // begun anew
    for (int round = 0; round < 2; ++round) { // the rest of the old file before a new one
        char bytes[16384];
        int reads = 0;
        for (ssize_t got; descriptor_ >= 0 && (got = pread(descriptor_, bytes, sizeof bytes, offset_)) > 0;) {
            log.add({bytes, static_cast<std::size_t>(got)});
            offset_ += got;
            if (++reads == most_reads)
                return true;
        }
        reopen();
    }
    return false;
}

void KeyLogFile::read(KeyLog& log) {
    struct stat status {};
    const off_t end = descriptor_ >= 0 && fstat(descriptor_, &status) == 0 ? status.st_size : 0;
    while (poll(log) && offset_ < end) {
    }
}

} // namespace wscap
