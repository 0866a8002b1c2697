// SPDX-License-Identifier: GPL-2.0-or-later
#include "gunzip.hpp"

#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

namespace wscap::test {
namespace {

std::string gzip(const std::string& data) {
    z_stream stream{};
    deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
    std::string out(data.size() + 100, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
    stream.avail_in = static_cast<uInt>(data.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

struct Told {
    std::string out;
    bool damaged = false;
    bool operator==(const Told&) const = default;
};

Told unpack(const std::string& file, std::size_t room) {
    const int descriptor = memfd_create("test", 0);
    EXPECT_EQ(write(descriptor, file.data(), file.size()), static_cast<ssize_t>(file.size()));
    lseek(descriptor, 0, SEEK_SET);
    const auto read = unpacked(descriptor);
    Told told;
    std::string buffer(room, '\0');
    try {
        for (std::ptrdiff_t got; (got = read(buffer.data(), room)) > 0;)
            told.out.append(buffer, 0, static_cast<std::size_t>(got));
    } catch (const std::runtime_error&) {
        told.damaged = true;
    }
    return told;
}

TEST(Gunzip, WhatIsThereOfACutFileComesOutWhateverTheRoom) {
    const std::string data(3000, 'x');
    const auto file = gzip(data);
    for (std::size_t size = 0; size <= file.size(); ++size) {
        const auto cut = file.substr(0, size);
        const auto told = unpack(cut, 100000);
        EXPECT_EQ(told.damaged, size > 1 && size < file.size());
        for (const std::size_t room : {1, 8, 100})
            EXPECT_EQ(unpack(cut, room), told) << size << " bytes into " << room;
    }
    EXPECT_EQ(unpack(file, 8), (Told{data}));
}

} // namespace
} // namespace wscap::test
