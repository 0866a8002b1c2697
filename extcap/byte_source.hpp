// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "packet.hpp"

#include <functional>
#include <memory>
#include <string>

namespace wscap {

enum class ReadResult : std::uint8_t {
    packet,
    wait,   ///< Nothing more at the moment.
    end,    ///< Cleanly, after the last packet.
    failed, ///< Cut short or corrupt; problem() says so. All packets before were good.
};

/// Bytes in a row, from wherever.
class ByteSource {
  public:
    virtual ~ByteSource() = default;

    /// Shows the next `size` bytes without taking them; valid until the next call. Returns `packet` if they
    /// are there, `end` if there is not one byte more, `failed` if there are some but fewer.
    virtual ReadResult peek(std::size_t size, Bytes& bytes) = 0;

    /// Takes `size` bytes that were shown.
    virtual void skip(std::size_t size) { offset_ += size; }

    /// Bytes taken so far.
    std::uint64_t offset() const { return offset_; }

    /// What the last `failed` was about.
    const std::string& problem() const { return problem_; }

  protected:
    ReadResult fail(std::string problem) {
        problem_ = std::move(problem);
        return ReadResult::failed;
    }

    std::uint64_t offset_ = 0;

  private:
    std::string problem_;
};

/// Fills at most `size` bytes; returns their number, 0 at the end, -1 on an error (errno), -2 if none is
/// there yet. May throw std::runtime_error with a message for people.
using ReadBytes = std::function<std::ptrdiff_t(void* to, std::size_t size)>;

/// By reading, into a buffer.
std::unique_ptr<ByteSource> buffered_source(ReadBytes read);

/// By mapping a regular file into memory, a window at a time: where only headers are looked at, the rest is
/// never copied. Takes the descriptor over.
std::unique_ptr<ByteSource> mapped_source(int descriptor);

} // namespace wscap
