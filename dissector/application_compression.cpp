// SPDX-License-Identifier: GPL-2.0-or-later
#include "application_compression.hpp"

#include "big_endian.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

namespace ws {
namespace {

constexpr std::size_t highest_ratio = 1100;
constexpr std::size_t at_once = 65536; // bytes

using Out = InflatedBytes;

/// "The compression method is 8, the window no larger than 32 KiB, the two bytes a multiple of 31" (RFC 1950, 2.2).
bool is_zlib(Bytes data) {
    return (data[0] & 0x0fU) == 8 && data[0] >> 4U <= 7 && !(data[1] & 0x20U) && be16(data, 0) % 31 == 0;
}

bool is_gzip(Bytes data) {
    return data[0] == 0x1f && data[1] == 0x8b && data[2] == 8;
}

/// It ends as a flush does (zlib's Z_SYNC_FLUSH).
bool is_flushed(Bytes data) {
    return be32(data, data.size() - 4) == 0x0000ffff;
}

/// `ended`: false if the stream goes on.
bool inflate_all(Bytes data, std::size_t limit, Out& out, bool& ended) {
    constexpr int with_header = 15 + 32; // of zlib or gzip
    z_stream stream{};
    if (inflateInit2(&stream, with_header) != Z_OK)
        return false;
    stream.next_in = const_cast<Bytef*>(data.data());
    stream.avail_in = static_cast<uInt>(data.size());
    int result = Z_OK;
    while (result == Z_OK && out.size() < limit) {
        const auto before = out.size();
        out.resize(before + std::min(at_once, limit - before));
        stream.next_out = out.data() + before;
        stream.avail_out = static_cast<uInt>(out.size() - before);
        result = inflate(&stream, Z_SYNC_FLUSH);
        out.resize(out.size() - stream.avail_out);
        if (result == Z_OK && !stream.avail_in && stream.avail_out)
            break;
    }
    constexpr int between_blocks = 128; // of data_type: it stopped where a block would begin
    const bool at_flush = result == Z_OK && is_flushed(data) && (stream.data_type & between_blocks) != 0;
    const bool whole = !stream.avail_in && (result == Z_STREAM_END || at_flush);
    inflateEnd(&stream);
    ended = result == Z_STREAM_END;
    return whole && (result == Z_STREAM_END || out.size() < limit);
}

bool unpack_zstd(Bytes data, std::size_t limit, Out& out) {
    constexpr int largest_window = 23; // 8 MiB
    const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
    if (!context || ZSTD_isError(ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, largest_window)))
        return false;
    ZSTD_inBuffer in{data.data(), data.size(), 0};
    std::size_t expected = 1;
    while (in.pos < in.size || expected) {
        const auto before = out.size();
        if (before >= limit)
            return false;
        out.resize(before + std::min(at_once, limit - before));
        ZSTD_outBuffer to{out.data() + before, out.size() - before, 0};
        const auto taken = in.pos;
        expected = ZSTD_decompressStream(context.get(), &to, &in);
        out.resize(before + to.pos);
        if (ZSTD_isError(expected) || (!to.pos && in.pos == taken))
            return false;
    }
    return true;
}

} // namespace

Decompressed decompress_application(Bytes payload, std::size_t limit, const Arena& arena) noexcept {
    constexpr std::uint32_t zstd = 0x28b52ffd;
    constexpr std::size_t shortest = 8;
    if (payload.size() < shortest)
        return {};
    limit = std::min(limit, payload.size() * highest_ratio);
    const char* const format = is_gzip(payload)           ? "gzip"
                               : be32(payload, 0) == zstd ? "zstd"
                               : is_zlib(payload)         ? "zlib"
                                                          : nullptr;
    Out out;
    bool ended = true;
    if (!format || !(be32(payload, 0) == zstd ? unpack_zstd(payload, limit, out) : inflate_all(payload, limit, out, ended)))
        return {};
    return {format, arena.copy(out), !ended && is_zlib(payload)};
}

/// As permessage-deflate has it: without the header, which the first has, and without the end of the flush (RFC 7692 7.2.1).
Bytes ApplicationStream::deflated(Bytes payload, std::uint32_t message) const {
    constexpr std::size_t header = 2, flush = 4;
    const std::size_t before = message == first_ ? header : 0;
    if (payload.size() < before + flush || !is_flushed(payload))
        return {};
    return payload.subspan(before, payload.size() - before - flush);
}

Decompressed ApplicationStream::next(Bytes payload, std::uint32_t message, bool remember, const Arena& arena) noexcept {
    const auto in = deflated(payload, message);
    if (in.empty())
        return {};
    messages_.push_back(message);
    Out out;
    if (history_.next(in, remember, out) != Inflated::ok)
        return {};
    return {"zlib stream", arena.copy(out)};
}

Decompressed ApplicationStream::again(Bytes payload, std::uint32_t message, const Arena& arena) noexcept {
    const auto it = std::lower_bound(messages_.begin(), messages_.end(), message);
    Out out;
    if (it == messages_.end() || *it != message ||
        history_.again(static_cast<std::uint32_t>(it - messages_.begin()), deflated(payload, message), out) != Inflated::ok)
        return {};
    return {"zlib stream", arena.copy(out)};
}

} // namespace ws
