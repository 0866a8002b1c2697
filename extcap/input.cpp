// SPDX-License-Identifier: GPL-2.0-or-later
#include "input.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

namespace wscap {
namespace {

constexpr std::size_t buffer_size = 256 << 10;
constexpr unsigned char pcapng_start = 0x0A; // no other format begins like this

struct Gzip {
    gzFile file;
};

ssize_t read_gzip(void* cookie, char* to, std::size_t size) {
    auto* gzip = static_cast<Gzip*>(cookie);
    const int got = gzread(gzip->file, to, static_cast<unsigned>(std::min<std::size_t>(size, 1 << 30)));
    int error = Z_OK;
    gzerror(gzip->file, &error);
    if (got < 0 || (got == 0 && error == Z_BUF_ERROR)) { // Z_BUF_ERROR: the file ends before its stream does
        errno = EIO;
        return -1;
    }
    return got;
}

int close_gzip(void* cookie) {
    auto* gzip = static_cast<Gzip*>(cookie);
    gzclose(gzip->file);
    delete gzip;
    return 0;
}

/// Reads through zlib, which passes uncompressed input on as it is.
std::FILE* open_stream(int descriptor) {
    gzFile gzip = gzdopen(descriptor, "rb");
    gzbuffer(gzip, 128 << 10);
    std::FILE* file = fopencookie(new Gzip{gzip}, "rb", {read_gzip, nullptr, nullptr, close_gzip});
    std::setvbuf(file, nullptr, _IOFBF, buffer_size);
    return file;
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
    std::FILE* file = open_stream(descriptor);
    const int first = std::getc(file);
    if (first == EOF) {
        const bool bad = std::ferror(file);
        std::fclose(file);
        throw std::runtime_error(bad ? "cannot be read" : "is empty");
    }
    std::ungetc(first, file);
    if (first != pcapng_start)
        return read_with_libpcap(file, interfaces);
    const std::shared_ptr<std::FILE> shared(file, std::fclose);
    return read_pcapng(buffered_source([shared](void* to, std::size_t size) -> std::ptrdiff_t {
                           const auto got = std::fread(to, 1, size, shared.get());
                           return got == 0 && std::ferror(shared.get()) ? -1 : static_cast<std::ptrdiff_t>(got);
                       }),
                       interfaces);
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
