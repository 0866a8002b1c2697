// SPDX-License-Identifier: GPL-2.0-or-later
#include "inflater.hpp"

#include <algorithm>

#define ZLIB_CONST
#include <zlib.h>

namespace ws {
namespace {

/// RFC 7692 7.2.2: what the sender removed from the end of the message.
constexpr std::uint8_t tail[] = {0x00, 0x00, 0xff, 0xff};

constexpr std::uint64_t give_up_factor = 16;
constexpr std::size_t smallest_room = 1024; // bytes
constexpr std::size_t most_copied = 2048;   // bytes: copying them costs less than to call zlib once more

bool at_block_boundary(const z_stream& stream) {
    // zlib.h, inflate(): data_type has the number of unused bits, and 128 just after an end-of-block code.
    return (stream.data_type & 0xbf) == 128;
}

} // namespace

void Inflater::End::operator()(z_stream_s* stream) const {
    inflateEnd(stream);
    delete stream;
}

Inflater::Stream Inflater::make_stream(int window_bits) {
    Stream stream(new z_stream{});
    if (inflateInit2(stream.get(), -window_bits) != Z_OK)
        std::terminate(); // out of memory, or another zlib than the one it was built for
    return stream;
}

Inflater::Inflater(std::uint8_t window_bits) : window_bits_(window_bits) {}
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

Inflater::Step Inflater::run(z_stream& stream, Bytes in, std::size_t spare, std::size_t limit, InflatedBytes& out,
                             std::uint64_t& total) {
    // What there is since earlier messages: zlib is slow at the end of its room.
    const auto chunk = std::max({in.size() * 4, smallest_room, out.capacity() - out.size()});
    Bytef dropped[4096];
    stream.next_in = in.data();
    stream.avail_in = static_cast<uInt>(in.size());
    for (;;) {
        const bool keep = total < limit;
        if (keep) { // out has as many bytes as total counts, and room behind them
            const auto used = static_cast<std::size_t>(total);
            if (out.size() == used)
                out.resize(std::min(limit, used + std::max(chunk, used)));
            stream.next_out = out.data() + used;
            stream.avail_out = static_cast<uInt>(out.size() - used);
        } else {
            stream.next_out = dropped;
            stream.avail_out = sizeof dropped;
        }
        const auto room = stream.avail_out;
        const int result = ::inflate(&stream, Z_SYNC_FLUSH);
        total += room - stream.avail_out;
        if (result == Z_STREAM_END) {
            inflateResetKeep(&stream); // the stream goes on with the window (RFC 7692 7.2.3.4)
            if (stream.avail_in == 0 || stream.avail_in == spare)
                return Step::ended;
        } else if (result == Z_DATA_ERROR) {
            return stream.msg && std::string_view(stream.msg) == "invalid distance too far back" ? Step::too_far_back
                                                                                                 : Step::failed;
        } else if (result != Z_OK && result != Z_BUF_ERROR) {
            return Step::failed;
        } else if (stream.avail_out != 0 || (stream.avail_in == 0 && at_block_boundary(stream))) {
            return Step::more_input; // asked once more at a boundary, zlib would no longer say that it is one
        }
        if (total > give_up_factor * limit)
            return Step::failed;
    }
}

Inflater::Step Inflater::run_message(z_stream& stream, Bytes in, std::size_t limit, InflatedBytes& out, std::uint64_t& total) {
    Step step;
    if (in.size() <= most_copied) {
        Bytef whole[most_copied + sizeof tail];
        std::copy(in.begin(), in.end(), whole);
        std::copy(std::begin(tail), std::end(tail), whole + in.size());
        step = run(stream, {whole, in.size() + sizeof tail}, sizeof tail, limit, out, total);
    } else {
        step = run(stream, in, 0, limit, out, total);
        if (step == Step::more_input) // else a final block leaves nothing for the tail to complete
            step = run(stream, tail, 0, limit, out, total);
    }
    if (step != Step::more_input)
        return step;
    return at_block_boundary(stream) ? Step::ended : Step::failed;
}

Inflated Inflater::inflate(Bytes in, std::size_t limit, InflatedBytes& out) noexcept {
    out.clear();
    if (in.empty())
        return Inflated::ok;
    if (!stream_)
        stream_ = make_stream(15);
    std::uint64_t total = 0;
    const auto step = run_message(*stream_, in, limit, out, total);
    if (step != Step::ended) {
        const bool lacking = step == Step::too_far_back && !complete_;
        const bool gave_up = total > give_up_factor * limit;
        out.clear();
        reset(false);
        return gave_up ? Inflated::limit : lacking ? Inflated::no_context : Inflated::failed;
    }
    since_reset_ += total;
    complete_ = complete_ || since_reset_ >= full_window;
    if (total > limit) {
        out.clear();
        restart_strict();
        return Inflated::limit;
    }
    out.resize(static_cast<std::size_t>(total));
    if (window_bits_ == 15 || !exceeds_window(in, total))
        return Inflated::ok;
    restart_strict();
    return Inflated::window_exceeded;
}

/// Inflates once more with the negotiated window. zlib refuses a distance only beyond its window *and* the output of the running
/// call, so the output goes byte by byte.
bool Inflater::exceeds_window(Bytes in, std::size_t produced) noexcept {
    if (since_reset_ == produced)
        strict_ = make_stream(window_bits_);
    if (!strict_)
        return false; // restored
    Bytef byte;
    const auto feed = [&](Bytes piece) {
        strict_->next_in = piece.data();
        strict_->avail_in = static_cast<uInt>(piece.size());
        for (;;) {
            strict_->next_out = &byte;
            strict_->avail_out = 1;
            const int result = ::inflate(strict_.get(), Z_SYNC_FLUSH);
            if (result == Z_STREAM_END) {
                inflateResetKeep(strict_.get());
                if (strict_->avail_in == 0)
                    return Step::ended;
            } else if (result != Z_OK && result != Z_BUF_ERROR) {
                return Step::too_far_back;
            } else if (strict_->avail_out != 0) {
                return Step::more_input;
            }
        }
    };
    auto step = feed(in);
    if (step == Step::more_input)
        step = feed(tail);
    return step == Step::too_far_back;
}

/// Where `strict_` could not or should not follow, it goes on with what `stream_` remembers.
void Inflater::restart_strict() noexcept {
    if (window_bits_ == 15)
        return;
    const auto past = window();
    strict_ = make_stream(window_bits_);
    inflateSetDictionary(strict_.get(), past.data(), static_cast<uInt>(past.size()));
}

void Inflater::reset(bool complete) noexcept {
    if (stream_)
        inflateReset(stream_.get());
    strict_.reset();
    complete_ = complete;
    since_reset_ = 0;
}

std::vector<std::uint8_t> Inflater::window() const {
    uInt size = 0;
    if (stream_)
        inflateGetDictionary(stream_.get(), nullptr, &size);
    std::vector<std::uint8_t> bytes(size);
    if (size)
        inflateGetDictionary(stream_.get(), bytes.data(), nullptr);
    return bytes;
}

void Inflater::restore(Bytes window, bool complete) noexcept {
    if (!stream_)
        stream_ = make_stream(15);
    inflateReset(stream_.get());
    inflateSetDictionary(stream_.get(), window.data(), static_cast<uInt>(window.size()));
    strict_.reset();
    complete_ = complete;
    since_reset_ = window.size() + 1; // never equal to one message's output: no strict check in a restored stream
}

} // namespace ws
