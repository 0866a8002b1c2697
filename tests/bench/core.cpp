// SPDX-License-Identifier: GPL-2.0-or-later
// How fast the core is by itself, each beside what bounds it: copying for what reads every byte, zlib for inflating.
#include "frame.hpp"
#include "inflater.hpp"
#include "utf8.hpp"

#include <benchmark/benchmark.h>
#include <random>
#include <string>
#define ZLIB_CONST
#include <zlib.h>

namespace {

constexpr std::size_t many = 64; // buffers, so that the branches of one are not learnt by heart

std::string repeated(std::string_view part, std::size_t size) {
    std::string text;
    while (text.size() + part.size() <= size)
        text += part;
    return text;
}

void bytes_of(benchmark::State& state, std::size_t size) {
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * size));
}

void copy(benchmark::State& state) {
    const std::string from(static_cast<std::size_t>(state.range(0)), 'x');
    std::string to = from;
    for (auto _ : state) {
        std::memcpy(to.data(), from.data(), from.size());
        benchmark::DoNotOptimize(to.data());
        benchmark::ClobberMemory();
    }
    bytes_of(state, from.size());
}

void unmask(benchmark::State& state) {
    const std::string from(static_cast<std::size_t>(state.range(0)), 'x');
    std::string to = from;
    const std::uint8_t key[] = {0x37, 0xfa, 0x21, 0x3d};
    for (auto _ : state) {
        ws::unmask(reinterpret_cast<std::uint8_t*>(to.data()), ws::as_bytes(from), key, 1);
        benchmark::DoNotOptimize(to.data());
        benchmark::ClobberMemory();
    }
    bytes_of(state, from.size());
}

void validate(benchmark::State& state, std::string_view part) {
    const auto text = repeated(part, static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        ws::Utf8Validator validator;
        if (validator.feed(ws::as_bytes(text)) != text.size())
            state.SkipWithError("well-formed text was refused");
    }
    bytes_of(state, text.size());
}

/// One in three of each length of a header, masked or not, as `many` different ones.
void parse_headers(benchmark::State& state) {
    std::mt19937 chance(6455);
    std::vector<std::string> headers;
    for (std::size_t i = 0; i < many; ++i) {
        std::string header = {'\x81', static_cast<char>((chance() % 2 ? 0x80 : 0) | (i % 3 == 2 ? 127 : i % 3 == 1 ? 126 : 5))};
        headers.push_back(header + std::string(12, '\1'));
    }
    std::size_t i = 0;
    for (auto _ : state) {
        ws::FrameHeader header;
        benchmark::DoNotOptimize(ws::parse_frame_header(ws::as_bytes(headers[i++ % many]), header));
        benchmark::DoNotOptimize(header);
    }
}

/// Messages of one stream, as permessage-deflate has them, without their tail (RFC 7692 7.2.1).
std::vector<std::string> deflated(std::size_t size) {
    z_stream stream{};
    deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
    std::mt19937 chance(7692);
    std::vector<std::string> messages;
    for (std::size_t i = 0; i < many; ++i) {
        std::string text;
        while (text.size() < size)
            text += "\"price\":" + std::to_string(chance() % 10000) + ",";
        std::string out(text.size() + 64, '\0');
        stream.next_in = reinterpret_cast<const Bytef*>(text.data());
        stream.avail_in = static_cast<uInt>(text.size());
        stream.next_out = reinterpret_cast<Bytef*>(out.data());
        stream.avail_out = static_cast<uInt>(out.size());
        deflate(&stream, Z_SYNC_FLUSH);
        messages.push_back(out.substr(0, out.size() - stream.avail_out - 4));
    }
    deflateEnd(&stream);
    return messages;
}

void inflate_with_zlib(benchmark::State& state) {
    const auto size = static_cast<std::size_t>(state.range(0));
    const auto messages = deflated(size);
    z_stream stream{};
    inflateInit2(&stream, -15);
    std::vector<std::uint8_t> out(2 * size + 64);
    for (auto _ : state) {
        inflateReset(&stream);
        for (const auto& message : messages) {
            const auto whole = message + std::string("\0\0\xff\xff", 4);
            stream.next_in = reinterpret_cast<const Bytef*>(whole.data());
            stream.avail_in = static_cast<uInt>(whole.size());
            stream.next_out = out.data();
            stream.avail_out = static_cast<uInt>(out.size());
            if (inflate(&stream, Z_SYNC_FLUSH) != Z_OK)
                state.SkipWithError("zlib refused it");
        }
    }
    inflateEnd(&stream);
    bytes_of(state, many * size);
}

void inflate_messages(benchmark::State& state) {
    const auto size = static_cast<std::size_t>(state.range(0));
    const auto messages = deflated(size);
    ws::Inflater inflater;
    ws::InflatedBytes out;
    for (auto _ : state) {
        inflater.reset(true);
        for (const auto& message : messages)
            if (inflater.inflate(ws::as_bytes(message), 16 << 20, out) != ws::Inflated::ok)
                state.SkipWithError("it was not inflated");
    }
    bytes_of(state, many * size);
}

BENCHMARK(copy)->Arg(1 << 10)->Arg(1 << 14)->Arg(1 << 18);
BENCHMARK(unmask)->Arg(16)->Arg(1 << 10)->Arg(1 << 14)->Arg(1 << 18);
BENCHMARK_CAPTURE(validate, ascii, "plain words, ")->Arg(16)->Arg(1 << 10)->Arg(1 << 14)->Arg(1 << 18);
BENCHMARK_CAPTURE(validate, two_bytes, "\xd0\xbf\xd1\x80\xd0\xb8 ")->Arg(16)->Arg(1 << 10)->Arg(1 << 18);
BENCHMARK_CAPTURE(validate, three_bytes, "\xe4\xbd\xa0\xe5\xa5\xbd")->Arg(16)->Arg(1 << 10)->Arg(1 << 18);
BENCHMARK_CAPTURE(validate, four_bytes, "\xf0\x9f\x98\x80 ok ")->Arg(16)->Arg(1 << 10)->Arg(1 << 18);
BENCHMARK(parse_headers);
BENCHMARK(inflate_with_zlib)->Arg(100)->Arg(1000)->Arg(100000);
BENCHMARK(inflate_messages)->Arg(100)->Arg(1000)->Arg(100000);

} // namespace

BENCHMARK_MAIN();
