// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "arena.hpp"

#include <memory>
#include <vector>

struct z_stream_s;

namespace ws {

/// What became of one compressed message.
enum class Inflated : std::uint8_t {
    ok,
    limit,           ///< The output was too long to keep; what follows can still be inflated.
    no_context,      ///< It refers back to bytes that were never seen.
    failed,          ///< No valid DEFLATE data (RFC 7692 7.2.2).
    window_exceeded, ///< Inflated, but it refers back further than was negotiated (RFC 7692 7.1.2).
};

constexpr std::size_t full_window = 32768;

/// Leaves what a vector grows by as it is: it is written before it is read.
template <class T>
struct Unfilled : std::allocator<T> {
    template <class U>
    struct rebind {
        using other = Unfilled<U>;
    };
    template <class U>
    void construct(U* at) noexcept {
        ::new (static_cast<void*>(at)) U;
    }
    template <class U, class Value>
    void construct(U* at, Value&& value) {
        std::construct_at(at, std::forward<Value>(value));
    }
};
using InflatedBytes = std::vector<std::uint8_t, Unfilled<std::uint8_t>>;

/// One direction's DEFLATE stream: the messages one after the other, with the window that links them.
class Inflater {
  public:
    explicit Inflater(std::uint8_t window_bits = 15);
    ~Inflater();
    Inflater(Inflater&&) noexcept;
    Inflater& operator=(Inflater&&) noexcept;

    /// Inflates one message, or one frame of x-webkit-deflate-frame (RFC 7692 7.2.2). Output beyond `limit` bytes is
    /// dropped, and given up altogether beyond 16 times the limit. `out` holds the output until the next call and is empty unless
    /// the result is ok or window_exceeded. After failed and no_context the window is empty.
    Inflated inflate(Bytes in, std::size_t limit, InflatedBytes& out) noexcept;

    /// Forgets the window. `complete`: nothing preceded, so that a reference beyond it is an error and not a lack of context.
    void reset(bool complete) noexcept;

    /// The last bytes of output, up to 32 KiB, for restore().
    std::vector<std::uint8_t> window() const;
    void restore(Bytes window, bool complete) noexcept;

    /// Everything that a valid stream can refer to is in the window.
    bool complete() const { return complete_; }

  private:
    struct End {
        void operator()(z_stream_s* stream) const;
    };
    using Stream = std::unique_ptr<z_stream_s, End>;
    static Stream make_stream(int window_bits);

    enum class Step : std::uint8_t { more_input, ended, failed, too_far_back };
    /// `spare`: bytes at the end that a stream which has ended does not need.
    Step run(z_stream_s& stream, Bytes in, std::size_t spare, std::size_t limit, InflatedBytes& out, std::uint64_t& total);
    Step run_message(z_stream_s& stream, Bytes in, std::size_t limit, InflatedBytes& out, std::uint64_t& total);
    bool exceeds_window(Bytes in, std::size_t produced) noexcept;
    void restart_strict() noexcept;

    Stream stream_; ///< Always with a 32 KiB window; made on first use.
    Stream strict_; ///< Only where fewer bits were negotiated: zlib with that window.
    std::uint8_t window_bits_;
    bool complete_ = true;
    std::uint64_t since_reset_ = 0; ///< Output bytes the window is made of.
};

} // namespace ws
