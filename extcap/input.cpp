// SPDX-License-Identifier: GPL-2.0-or-later
#include "input.hpp"

#include "gunzip.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

namespace wscap {
namespace {

constexpr std::size_t buffer_size = 256 << 10;
constexpr unsigned char pcapng_start = 0x0A; // no other format begins like this

ssize_t read_cookie(void* cookie, char* to, std::size_t size) {
    try {
        return (*static_cast<ReadBytes*>(cookie))(to, size);
    } catch (const std::runtime_error&) {
        errno = EIO;
        return -1;
    }
}

int close_cookie(void* cookie) {
    delete static_cast<ReadBytes*>(cookie);
    return 0;
}

/// For libpcap, which wants a file.
std::FILE* as_file(ReadBytes read) {
    std::FILE* file = fopencookie(new ReadBytes(std::move(read)), "rb", {read_cookie, nullptr, nullptr, close_cookie});
    std::setvbuf(file, nullptr, _IOFBF, buffer_size);
    return file;
}

/// `read`, with `first` before what it reads.
ReadBytes prepended(std::string first, ReadBytes read) {
    return [first = std::move(first), read = std::move(read)](void* to, std::size_t size) mutable {
        if (first.empty())
            return read(to, size);
        const auto taken = std::min(size, first.size());
        std::memcpy(to, first.data(), taken);
        first.erase(0, taken);
        return static_cast<std::ptrdiff_t>(taken);
    };
}

/// `descriptor` is a file's, or a pipe's, where no one can look ahead.
std::unique_ptr<Reader> open_any(int descriptor, std::vector<Interface>& interfaces) {
    struct stat status {};
    fstat(descriptor, &status);
    unsigned char magic[4] = {};
    if (S_ISDIR(status.st_mode))
        throw std::runtime_error("is a directory");
    if (S_ISREG(status.st_mode) && pread(descriptor, magic, sizeof magic, 0) == sizeof magic) {
        if (is_pcap(magic))
            return read_pcap(mapped_source(descriptor), interfaces);
        if (magic[0] == pcapng_start)
            return read_pcapng(mapped_source(descriptor), interfaces);
    }
    auto read = unpacked(descriptor);
    std::string first(sizeof magic, '\0');
    std::size_t size = 0;
    for (std::ptrdiff_t got; size < sizeof magic && (got = read(first.data() + size, sizeof magic - size)) > 0;)
        size += static_cast<std::size_t>(got);
    first.resize(size);
    if (first.empty())
        throw std::runtime_error("is empty");
    std::memcpy(magic, first.data(), size);
    read = prepended(std::move(first), std::move(read));
    if (is_pcap(magic))
        return read_pcap(buffered_source(std::move(read)), interfaces);
    if (magic[0] == pcapng_start)
        return read_pcapng(buffered_source(std::move(read)), interfaces);
    return read_with_libpcap(as_file(std::move(read)), interfaces);
}

} // namespace

int open_for_reading(const std::string& path) {
    const int descriptor = path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        throw std::runtime_error(path + ": " + std::strerror(errno));
    return descriptor;
}

std::unique_ptr<Reader> open_capture(int descriptor, const std::string& path, std::vector<Interface>& interfaces) {
    try {
        return open_any(descriptor, interfaces);
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(path + ": " + error.what());
    }
}

} // namespace wscap
