// SPDX-License-Identifier: GPL-2.0-or-later
#include "packets.hpp"

#include "tls_hello.hpp"

#include <gtest/gtest.h>

namespace wscap::test {
namespace {

TEST(TlsHello, RandomAndServerName) {
    for (const std::size_t record : {5, 20, 16384}) {
        TlsHello hello;
        ASSERT_EQ(parse_client_hello(ws::as_bytes(client_hello("chat.example.com", 'z', record)), hello), HelloResult::complete);
        EXPECT_EQ(hello.server_name, "chat.example.com");
        EXPECT_EQ(hello.random.front(), 'z');
        EXPECT_EQ(hello.random.back(), 'z');
    }
}

TEST(TlsHello, EveryBeginningIsIncomplete) {
    const auto whole = client_hello("chat.example.com", 'z', 30);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        TlsHello hello;
        EXPECT_EQ(parse_client_hello(ws::as_bytes(whole.substr(0, size)), hello), HelloResult::incomplete) << size;
    }
}

TEST(TlsHello, WithoutServerName) {
    TlsHello hello;
    ASSERT_EQ(parse_client_hello(ws::as_bytes(client_hello("")), hello), HelloResult::complete);
    EXPECT_EQ(hello.server_name, "");
}

TEST(TlsHello, OtherThings) {
    for (const auto& bytes : {"GET / HTTP/1.1\r\n"s, "\x16\3\3\0\4\2\0\0\0"s, "\x17\3\3\0\5hello"s, "\x16\3\1\0\0"s,
                              "\x16\3\1\xFF\xFF\1"s, "\x16\3\1\0\5\1\0\0\1x"s}) {
        TlsHello hello;
        EXPECT_EQ(parse_client_hello(ws::as_bytes(bytes), hello), HelloResult::not_tls);
    }
}

TEST(TlsHello, LengthsThatLieAreHarmless) {
    const auto whole = client_hello("chat.example.com");
    for (std::size_t at = 0; at < whole.size(); ++at) {
        auto bytes = whole;
        bytes[at] = static_cast<char>(0xFF);
        TlsHello hello;
        const std::vector<std::uint8_t> exact(bytes.begin(), bytes.end()); // so that a sanitizer sees the end
        parse_client_hello(exact, hello);
        EXPECT_LE(hello.server_name.size(), whole.size());
    }
}

} // namespace
} // namespace wscap::test
