// SPDX-License-Identifier: GPL-2.0-or-later
#include "byte_source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace wscap {
namespace {

constexpr std::size_t buffer_size = 256 << 10;
constexpr std::size_t window_size = 2 << 20;
constexpr char cut_short[] = "cut short";

class Buffered final : public ByteSource {
  public:
    explicit Buffered(ReadBytes read) : read_(std::move(read)), buffer_(buffer_size) {}

    ReadResult peek(std::size_t size, Bytes& bytes) override {
        if (begin_ + size > buffer_.size()) {
            std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
            if (size > buffer_.size())
                buffer_.resize(size);
        }
        while (end_ - begin_ < size) {
            std::ptrdiff_t got = 0;
            try {
                got = read_(buffer_.data() + end_, buffer_.size() - end_);
            } catch (const std::runtime_error& error) {
                return fail(error.what());
            }
            if (got == -2)
                return ReadResult::wait;
            if (got < 0)
                return fail(std::string("read error: ") + std::strerror(errno));
            if (got == 0)
                return end_ == begin_ ? ReadResult::end : fail(cut_short);
            end_ += static_cast<std::size_t>(got);
        }
        bytes = {buffer_.data() + begin_, size};
        return ReadResult::packet;
    }

    void skip(std::size_t size) override {
        begin_ += size;
        offset_ += size;
    }

  private:
    ReadBytes read_;
    std::vector<std::uint8_t> buffer_;
    std::size_t begin_ = 0, end_ = 0;
};

class Mapped final : public ByteSource {
  public:
    explicit Mapped(int descriptor) : descriptor_(descriptor) {}
    ~Mapped() override {
        unmap();
        close(descriptor_);
    }
    Mapped(const Mapped&) = delete;
    Mapped& operator=(const Mapped&) = delete;

    ReadResult peek(std::size_t size, Bytes& bytes) override {
        if (offset_ < start_ || offset_ + size > start_ + size_)
            if (const auto result = map(size); result != ReadResult::packet)
                return result;
        bytes = {window_ + (offset_ - start_), size};
        return ReadResult::packet;
    }

  private:
    ReadResult map(std::size_t size) {
        struct stat status {};
        // Asked at each window: a file that shrinks while it is read must not be touched beyond its end.
        if (fstat(descriptor_, &status) != 0)
            return fail(std::strerror(errno));
        const auto length = static_cast<std::uint64_t>(status.st_size);
        if (offset_ + size > length)
            return offset_ >= length ? ReadResult::end : fail(cut_short);
        unmap();
        const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
        start_ = offset_ / page * page;
        size_ = std::min<std::uint64_t>(std::max<std::uint64_t>(window_size, offset_ - start_ + size), length - start_);
        void* at = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor_, static_cast<off_t>(start_));
        if (at == MAP_FAILED) {
            size_ = 0;
            return fail(std::strerror(errno));
        }
        window_ = static_cast<const std::uint8_t*>(at);
        return ReadResult::packet;
    }

    void unmap() {
        if (size_)
            munmap(const_cast<std::uint8_t*>(window_), size_);
        size_ = 0;
    }

    int descriptor_;
    const std::uint8_t* window_ = nullptr;
    std::uint64_t start_ = 0, size_ = 0;
};

} // namespace

std::unique_ptr<ByteSource> buffered_source(ReadBytes read) {
    return std::make_unique<Buffered>(std::move(read));
}

std::unique_ptr<ByteSource> mapped_source(int descriptor) {
    return std::make_unique<Mapped>(descriptor);
}

} // namespace wscap
