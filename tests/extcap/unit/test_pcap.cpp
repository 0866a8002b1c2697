// SPDX-License-Identifier: GPL-2.0-or-later
#include "reader.hpp"

#include <cstring>
#include <gtest/gtest.h>

namespace wscap::test {
namespace {

using namespace std::string_literals;

TEST(Pcap, IsReadHoweverItArrives) {
    const auto capture = "\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\0\0\4\0\1\0\0\0"s + // the file's header
                         "\1\0\0\0\2\0\0\0\3\0\0\0\5\0\0\0abc"s;
    std::vector<Interface> interfaces;
    std::size_t at = 0;
    bool pause = false;
    const auto reader = read_pcap(buffered_source([&](void* to, std::size_t) -> std::ptrdiff_t {
                                      pause = !pause;
                                      if (pause)
                                          return -2;
                                      if (at == capture.size())
                                          return 0;
                                      std::memcpy(to, &capture[at++], 1);
                                      return 1;
                                  }),
                                  interfaces);
    Packet packet;
    auto result = ReadResult::wait;
    while (result == ReadResult::wait)
        result = reader->next(packet);
    ASSERT_EQ(result, ReadResult::packet) << reader->problem();
    EXPECT_EQ(as_text(packet.data), "abc");
    EXPECT_EQ(packet.length, 5u);
    EXPECT_EQ(packet.timestamp, 1000002u);
    while ((result = reader->next(packet)) == ReadResult::wait) {
    }
    EXPECT_EQ(result, ReadResult::end);
}

} // namespace
} // namespace wscap::test
