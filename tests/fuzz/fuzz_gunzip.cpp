// SPDX-License-Identifier: GPL-2.0-or-later
// gzip: what zlib unpacks of the same bytes comes out, and then either the end or the damage.
#include "fuzz.hpp"
#include "gunzip.hpp"

#include <optional>
#include <stdexcept>
#include <sys/mman.h>
#include <unistd.h>
#define ZLIB_CONST
#include <zlib.h>

namespace ws::fuzz {
namespace {

constexpr std::size_t most = 1 << 20; // bytes of output that are compared

/// Members one after the other; none if the last of them is damaged or cut.
std::optional<std::string> by_zlib(std::string_view bytes) {
    std::string out;
    bool whole = true;
    for (bool first = true; whole && out.size() < most && (first || bytes.starts_with("\x1f\x8b")); first = false) {
        z_stream stream{};
        if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
            fail("no memory");
        stream.next_in = reinterpret_cast<const Bytef*>(bytes.data());
        stream.avail_in = static_cast<uInt>(bytes.size());
        int result = Z_OK;
        while (result == Z_OK && out.size() < most) {
            Bytef buffer[5000];
            stream.next_out = buffer;
            stream.avail_out = sizeof buffer;
            result = inflate(&stream, Z_NO_FLUSH);
            out.append(reinterpret_cast<const char*>(buffer), sizeof buffer - stream.avail_out);
        }
        whole = result == Z_STREAM_END;
        bytes.remove_prefix(bytes.size() - stream.avail_in);
        inflateEnd(&stream);
    }
    return whole ? std::optional(out) : std::nullopt;
}

struct Unpacked {
    std::string out;
    bool damaged = false;
};

Unpacked unpack(std::string_view bytes, std::size_t room) {
    static const int file = memfd_create("fuzz", 0);
    if (ftruncate(file, 0) != 0 || pwrite(file, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        fail("no file");
    lseek(file, 0, SEEK_SET);
    const auto read = wscap::unpacked(dup(file));
    Unpacked told;
    std::vector<std::uint8_t> buffer(room);
    try {
        for (std::ptrdiff_t got; told.out.size() < most && (got = read(buffer.data(), room)) > 0;)
            told.out.append(buffer.begin(), buffer.begin() + got);
    } catch (const std::runtime_error&) {
        told.damaged = true;
    }
    return told;
}

} // namespace

void run(Input& input) {
    const auto room = 1 + input.below(5000);
    const auto bytes = input.rest();
    const auto told = unpack(bytes, room), other = unpack(bytes, 3001);
    if (told.out.size() >= most || other.out.size() >= most)
        return;
    demand(told.damaged == other.damaged, "damaged in pieces of another size");
    demand_equal(told.out, other.out, "in pieces of another size");
    if (!bytes.starts_with("\x1f\x8b")) {
        demand(!told.damaged && told.out == bytes, "what is not packed");
        return;
    }
    const auto expected = by_zlib(bytes);
    demand(expected.has_value() == !told.damaged, "damaged, or not");
    demand(!expected || *expected == told.out, "zlib's output");
}

} // namespace ws::fuzz
