// SPDX-License-Identifier: GPL-2.0-or-later
#include "gunzip.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <unistd.h>
#include <vector>
#include <zlib.h>

namespace wscap {
namespace {

constexpr std::size_t buffer_size = 128 << 10;
constexpr int gzip_only = 16 + MAX_WBITS; // as inflateInit2() takes it

class Gunzip {
  public:
    explicit Gunzip(int descriptor) : descriptor_(descriptor), input_(buffer_size) {
        if (inflateInit2(&stream_, gzip_only) != Z_OK)
            throw std::bad_alloc();
        stream_.next_in = input_.data();
    }
    ~Gunzip() {
        inflateEnd(&stream_);
        close(descriptor_);
    }
    Gunzip(const Gunzip&) = delete;
    Gunzip& operator=(const Gunzip&) = delete;

    std::size_t read(void* to, std::size_t size) {
        if (state_ == State::start) {
            while (stream_.avail_in < 2 && fill()) {
            }
            state_ = is_member() ? State::member : State::plain;
        }
        if (state_ == State::plain)
            return plain(to, size);
        stream_.next_out = static_cast<Bytef*>(to);
        stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(size, 1 << 30));
        const auto room = stream_.avail_out;
        while (state_ == State::member && stream_.avail_out == room)
            step();
        if (stream_.avail_out == room && !problem_.empty())
            throw std::runtime_error(problem_);
        return room - stream_.avail_out;
    }

  private:
    enum class State : std::uint8_t { start, plain, member, end };

    bool is_member() const { return stream_.avail_in >= 2 && stream_.next_in[0] == 0x1F && stream_.next_in[1] == 0x8B; }

    void step() {
        const bool ended = stream_.avail_in == 0 && !fill();
        switch (inflate(&stream_, Z_NO_FLUSH)) { // also at the end: zlib may still hold output that found no room
        case Z_OK: return;
        case Z_BUF_ERROR:
            if (ended)
                fail("the file ends before its data do");
            return;
        case Z_STREAM_END:
            while (stream_.avail_in < 2 && fill()) {
            }
            state_ = is_member() && inflateReset(&stream_) == Z_OK ? State::member : State::end;
            return;
        default: fail(stream_.msg ? stream_.msg : "damaged data");
        }
    }

    /// Told once all bytes before it were given out.
    void fail(const char* what) {
        problem_ = std::string("gzip: ") + what;
        state_ = State::end;
    }

    std::size_t plain(void* to, std::size_t size) {
        if (stream_.avail_in == 0)
            return from_file(to, size);
        const auto taken = std::min<std::size_t>(size, stream_.avail_in);
        std::memcpy(to, stream_.next_in, taken);
        stream_.next_in += taken;
        stream_.avail_in -= static_cast<uInt>(taken);
        return taken;
    }

    /// More input behind what is left; false at the end.
    bool fill() {
        std::memmove(input_.data(), stream_.next_in, stream_.avail_in);
        stream_.next_in = input_.data();
        const auto got = from_file(input_.data() + stream_.avail_in, input_.size() - stream_.avail_in);
        stream_.avail_in += static_cast<uInt>(got);
        return got > 0;
    }

    std::size_t from_file(void* to, std::size_t size) const {
        ssize_t got;
        while ((got = ::read(descriptor_, to, size)) < 0)
            if (errno != EINTR)
                throw std::runtime_error(std::string("read error: ") + std::strerror(errno));
        return static_cast<std::size_t>(got);
    }

    int descriptor_;
    std::vector<Bytef> input_;
    z_stream stream_{};
    State state_ = State::start;
    std::string problem_;
};

} // namespace

ReadBytes unpacked(int descriptor) {
    const auto gunzip = std::make_shared<Gunzip>(descriptor);
    return [gunzip](void* to, std::size_t size) { return static_cast<std::ptrdiff_t>(gunzip->read(to, size)); };
}

} // namespace wscap
