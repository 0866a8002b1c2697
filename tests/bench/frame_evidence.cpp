// SPDX-License-Identifier: GPL-2.0-or-later
// How often bytes that are no frames look like frames: the numbers behind dissector/frame_boundary.cpp and recogniser.cpp. For
// each kind of evidence it prints one of how many random bytes have it, and the logarithm of that, the "bits" of the source. The
// bytes come from a generator with a fixed seed. It takes half a minute: ninja -C build frame_evidence &&
// build/tests/bench/frame_evidence
#include "close_code.hpp"
#include "recogniser.hpp"
#include "utf8.hpp"

#include <cmath>
#include <cstdio>
#include <random>

namespace ws {
namespace {

std::mt19937_64 generator(6455);

std::vector<std::uint8_t> noise(std::size_t size) {
    std::vector<std::uint8_t> bytes(size);
    for (auto& byte : bytes)
        byte = static_cast<std::uint8_t>(generator());
    return bytes;
}

void print(const char* what, double found, double tries) {
    if (found > 0)
        std::printf("%-58s 1 of %-12.0f %4.1f bits\n", what, tries / found, std::log2(tries / found));
    else
        std::printf("%-58s 0 of %-12.0f\n", what, tries);
}

Negotiated with(Negotiated::Compression compression) {
    Negotiated negotiated;
    negotiated.known = true;
    negotiated.compression = compression;
    return negotiated;
}

/// All values of the first two bytes, whose lengths are short.
void count_headers(const char* what, const Negotiated& negotiated) {
    int found = 0, tries = 0;
    for (unsigned first = 0; first < 256; ++first)
        for (unsigned second = 0; second < 256; ++second) {
            if ((second & 0x7f) > 125)
                continue;
            const std::uint8_t bytes[6] = {static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(second)};
            FrameHeader header;
            parse_frame_header(bytes, header);
            found += plausible(header, {.masked = true, .negotiated = negotiated});
            ++tries;
        }
    print(what, found, tries);
}

void count_close_codes() {
    int found = 0;
    for (unsigned code = 0; code < 65536; ++code)
        found += close_code(static_cast<std::uint16_t>(code)).may_be_sent;
    print("the code of a Close frame", found, 65536);
}

void measure_text() {
    int printable = 0;
    for (unsigned c = 0; c < 256; ++c)
        printable += (c >= ' ' && c < 127) || c == '\t' || c == '\n' || c == '\r';
    print("a byte that is printable ASCII", printable, 256);
}

void measure_compressed(std::size_t size, int tries) {
    Inflater inflater;
    std::vector<std::uint8_t> out;
    int messages = 0, texts = 0;
    for (int i = 0; i < tries; ++i) {
        inflater.reset(false);
        if (inflater.inflate(noise(size), std::size_t{1} << 18, out) != Inflated::ok)
            continue;
        ++messages;
        Utf8Validator utf8;
        texts += utf8.feed(out) == out.size() && utf8.at_boundary();
    }
    char what[64];
    std::snprintf(what, sizeof what, "%zu bytes that are a compressed message", size);
    print(what, messages, tries);
    std::snprintf(what, sizeof what, "%zu bytes that are a compressed text", size);
    print(what, texts, tries);
}

/// Segments of noise in a connection that lost its step.
void measure_search(const char* what, bool masked, const Negotiated& negotiated, int tries) {
    TrialInflation trial;
    int found = 0;
    for (int i = 0; i < tries; ++i)
        found += BoundarySearch().next(noise(1460), {.masked = masked, .negotiated = negotiated}, trial) < 1460;
    print(what, found, tries);
}

/// Segments of noise in a connection of which nothing is known.
void measure_recogniser(const char* what, bool thorough, int tries) {
    int found = 0;
    for (int i = 0; i < tries; ++i)
        found += Recogniser().feed({0, 1000, noise(1460), 0}, false, thorough).recognised;
    print(what, found, tries);
}

void measure() {
    using enum Negotiated::Compression;
    count_headers("header_bits: a plausible header, masked", with(none));
    count_headers("header_bits: with compression", with(permessage_deflate));
    print("text_header_bits: a text frame's, masked", 1, 512);
    print("length_bits: a short length that ends at a given place", 1, 128);
    count_close_codes();
    measure_text();
    for (const std::size_t size : {1U, 2U, 4U, 8U, 16U, 32U, 64U, 128U})
        measure_compressed(size, 1000000);
    measure_search("a boundary in 1,460 bytes of noise, unmasked", false, with(none), 100000);
    measure_search("a boundary in 1,460 bytes of noise, masked", true, with(none), 100000);
    measure_search("a boundary in 1,460 bytes of noise, with compression", false, with(permessage_deflate), 100000);
    measure_recogniser("WebSocket in 1,460 bytes of noise, from the first byte", false, 300000);
    measure_recogniser("WebSocket in 1,460 bytes of noise, from any byte", true, 300000);
}

} // namespace
} // namespace ws

int main() {
    ws::measure();
}
