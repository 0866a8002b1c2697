// SPDX-License-Identifier: GPL-2.0-or-later
#include "ip_tcp.hpp"

#include "support.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

std::string big(std::uint64_t value, int bytes) {
    std::string out;
    while (bytes--)
        out += static_cast<char>(value >> (8 * bytes));
    return out;
}

const auto v4_source = "\x0a\1\2\3"s, v4_destination = "\x0a\4\5\6"s;
const auto v6_source = "sixteen bytes, A"s, v6_destination = "sixteen bytes, B"s;

/// RFC 791 3.1. `total`: the Total Length field where it is not the truth.
std::string ipv4(const std::string& payload, unsigned fragment = 0, std::optional<unsigned> total = {},
                 const std::string& options = "", unsigned protocol = 6) {
    return big(0x40 + 5 + options.size() / 4, 1) + "\0"s + big(total.value_or(20 + options.size() + payload.size()), 2) +
           big(0x1234, 2) + big(fragment, 2) + big(63, 1) + big(protocol, 1) + "\0\0"s + v4_source + v4_destination + options +
           payload;
}

/// RFC 8200 3.
std::string ipv6(const std::string& payload, unsigned next = 6, std::optional<unsigned> length = {}) {
    return big(6u << 28, 4) + big(length.value_or(payload.size()), 2) + big(next, 1) + big(62, 1) + v6_source + v6_destination +
           payload;
}

/// An extension header of RFC 8200 4.2, of `size` bytes.
std::string extension(unsigned next, std::size_t size = 8) {
    return big(next, 1) + big(size / 8 - 1, 1) + std::string(size - 2, '\0');
}

std::string fragment_header(unsigned next, unsigned offset, bool more) {
    return big(next, 1) + "\0"s + big(offset | more, 2) + big(0xabcdef01, 4);
}

/// RFC 9293 3.1.
std::string tcp(const std::string& payload, const std::string& options = "") {
    return big(40000, 2) + big(80, 2) + big(0xfffffff0, 4) + big(77, 4) + big((5 + options.size() / 4) << 4, 1) +
           big(TcpFlag::psh | TcpFlag::ack, 1) + "\xff\xff\0\0\0\0"s + options + payload;
}

std::optional<TcpSegment> segment_in(const std::string& bytes, std::uint32_t cut = 0) {
    const auto datagram = parse_datagram(as_bytes(bytes), cut);
    return datagram ? parse_tcp(*datagram) : std::nullopt;
}

std::string address(const IpAddress& address, std::size_t size) {
    return {address.begin(), address.begin() + static_cast<std::ptrdiff_t>(size)};
}

TEST(IpTcp, ReadsAnIpv4Header) {
    const auto bytes = ipv4("payload", 0, {}, "\1\1\1\0"s, 17) + "trailer of the link";
    const auto datagram = parse_datagram(as_bytes(bytes), 0);
    ASSERT_TRUE(datagram);
    EXPECT_EQ(datagram->version, 4);
    EXPECT_EQ(datagram->protocol, 17);
    EXPECT_EQ(datagram->hop_limit, 63);
    EXPECT_EQ(address(datagram->source, 4), v4_source);
    EXPECT_EQ(address(datagram->source, 16).substr(4), std::string(12, '\0'));
    EXPECT_EQ(address(datagram->destination, 4), v4_destination);
    EXPECT_FALSE(datagram->fragment);
    EXPECT_EQ(as_text(datagram->payload), "payload");
    EXPECT_EQ(datagram->length, 7U);
    EXPECT_FALSE(parse_tcp(*datagram)) << "it is UDP";
}

TEST(IpTcp, ReadsAnIpv6HeaderAndPassesOverExtensions) {
    for (const auto& [next, before] : std::initializer_list<std::pair<unsigned, std::string>>{
             {6, ""},
             {0, extension(6)},
             {43, extension(60, 24) + extension(0, 16) + extension(6)},
             {51, "\6\4\0\0"s + std::string(20, 'a')}, // RFC 4302: its length counts 4 bytes, less two
             {44, fragment_header(6, 0, false)}}) {    // RFC 6946: a whole datagram
        const auto bytes = ipv6(before + tcp("payload"), next);
        const auto datagram = parse_datagram(as_bytes(bytes), 0);
        ASSERT_TRUE(datagram) << next;
        EXPECT_EQ(datagram->version, 6);
        EXPECT_EQ(datagram->protocol, 6);
        EXPECT_EQ(datagram->hop_limit, 62);
        EXPECT_EQ(address(datagram->source, 16), v6_source);
        EXPECT_EQ(address(datagram->destination, 16), v6_destination);
        EXPECT_FALSE(datagram->fragment);
        const auto segment = parse_tcp(*datagram);
        ASSERT_TRUE(segment) << next;
        EXPECT_EQ(as_text(segment->payload), "payload");
        EXPECT_EQ(segment->length, 7U);
    }
}

TEST(IpTcp, ReadsATcpHeader) {
    for (const auto& options : {""s, "\1\1\1\0"s, std::string(40, '\1')}) {
        const auto bytes = ipv4(tcp("payload", options));
        const auto segment = segment_in(bytes);
        ASSERT_TRUE(segment);
        EXPECT_EQ(segment->source_port, 40000);
        EXPECT_EQ(segment->destination_port, 80);
        EXPECT_EQ(segment->sequence, 0xfffffff0);
        EXPECT_EQ(segment->acknowledged, 77U);
        EXPECT_EQ(segment->flags, TcpFlag::psh | TcpFlag::ack);
        EXPECT_EQ(as_text(segment->payload), "payload");
        EXPECT_EQ(segment->length, 7U);
    }
}

TEST(IpTcp, TellsTheLengthAsSentWhereTheCaptureCut) {
    for (const auto& whole : {ipv4(tcp(std::string(100, 'x'), "\1\1\1\0"s)), ipv6(tcp(std::string(100, 'x'), "\1\1\1\0"s))}) {
        const auto header = whole.size() - 100;
        for (std::size_t size = header - 4; size <= whole.size(); ++size) {
            const std::vector<std::uint8_t> exact(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
            const auto datagram = parse_datagram(exact, static_cast<std::uint32_t>(whole.size() - size));
            const auto segment = parse_tcp(datagram.value());
            ASSERT_TRUE(segment) << size;
            EXPECT_EQ(segment->length, 100U);
            EXPECT_EQ(segment->payload.size(), size > header ? size - header : 0);
        }
        for (std::size_t size = 0; size < header - 4; ++size)
            EXPECT_FALSE(segment_in(whole.substr(0, size), static_cast<std::uint32_t>(whole.size() - size))) << size;
    }
}

// Segmentation offload: the network card fills the length in, after the capture.
TEST(IpTcp, TakesAPacketWithoutLengthForAsLongAsItIs) {
    for (const auto& bytes : {ipv4(tcp(std::string(100000, 'x')), 0, 0), ipv6(tcp(std::string(100000, 'x')), 6, 0)}) {
        const auto whole = segment_in(bytes);
        ASSERT_TRUE(whole);
        EXPECT_EQ(whole->length, 100000U);
        EXPECT_EQ(whole->payload.size(), 100000U);
        const auto half = bytes.substr(0, bytes.size() - 50000);
        const auto cut = segment_in(half, 50000);
        ASSERT_TRUE(cut);
        EXPECT_EQ(cut->length, 100000U);
        EXPECT_EQ(cut->payload.size(), 50000U);
    }
}

TEST(IpTcp, KnowsFragments) {
    const auto whole = tcp(std::string(100, 'x'));
    for (const bool six : {false, true}) {
        const auto make = [&](unsigned offset, std::size_t size, bool more) {
            const auto piece = whole.substr(offset, size);
            return six ? ipv6(fragment_header(6, offset, more) + piece, 44) : ipv4(piece, offset / 8 | (more ? 0x2000 : 0));
        };
        const auto first = make(0, 64, true), last = make(64, 100, false);
        const auto a = parse_datagram(as_bytes(first), 0), b = parse_datagram(as_bytes(last), 0);
        ASSERT_TRUE(a && b);
        EXPECT_TRUE(a->fragment && a->more && b->fragment && !b->more);
        EXPECT_EQ(a->offset, 0U);
        EXPECT_EQ(b->offset, 64U);
        EXPECT_EQ(a->id, six ? 0xabcdef01 : 0x1234U);
        EXPECT_EQ(a->id, b->id);
        EXPECT_EQ(b->protocol, 6);
        EXPECT_EQ(std::string(as_text(a->payload)) + std::string(as_text(b->payload)), whole);
        EXPECT_FALSE(parse_tcp(*a)) << "its length is not the segment's";
        EXPECT_FALSE(parse_tcp(*b)) << "it has no header";
    }
}

TEST(IpTcp, RefusesWhatCannotBe) {
    EXPECT_FALSE(parse_datagram({}, 0));
    EXPECT_FALSE(parse_datagram(as_bytes("\x50" + std::string(60, '\0')), 0)) << "version 5";
    auto short_header = ipv4(tcp("x"));
    short_header[0] = '\x44';
    EXPECT_FALSE(parse_datagram(as_bytes(short_header), 0)) << "16 bytes of header";
    EXPECT_FALSE(parse_datagram(as_bytes(ipv4(tcp("x"), 0, 19)), 0)) << "shorter than its header";
    EXPECT_FALSE(segment_in(ipv4(tcp("x"), 0, 39))) << "shorter than TCP's header";
    auto short_tcp = tcp("x");
    short_tcp[12] = '\x40';
    EXPECT_FALSE(segment_in(ipv4(short_tcp))) << "16 bytes of TCP header";
    auto long_tcp = tcp("x");
    long_tcp[12] = '\x60';
    EXPECT_FALSE(segment_in(ipv4(long_tcp))) << "a header longer than the segment";
    EXPECT_FALSE(parse_datagram(as_bytes(ipv6("\6\xff"s + std::string(20, '\0'), 0)), 0))
        << "an extension longer than the packet";
    EXPECT_FALSE(parse_datagram(as_bytes(ipv6("\6"s, 60)), 0)) << "an extension without length";
    std::string endless;
    for (int i = 0; i < 100; ++i)
        endless += extension(0);
    EXPECT_FALSE(segment_in(ipv6(endless + tcp("x"), 0)));
}

TEST(IpTcp, FindsATcpOption) {
    using enum_bytes = std::vector<std::uint8_t>;
    constexpr std::uint8_t timestamps = 8;
    EXPECT_TRUE(has_tcp_option(enum_bytes{8, 10, 0, 0, 0, 0, 0, 0, 0, 0}, timestamps));
    EXPECT_TRUE(has_tcp_option(enum_bytes{1, 1, 2, 4, 5, 180, 8, 10}, timestamps)) << "after others";
    EXPECT_FALSE(has_tcp_option(enum_bytes{}, timestamps));
    EXPECT_FALSE(has_tcp_option(enum_bytes{0, 8, 10}, timestamps)) << "behind the end";
    EXPECT_FALSE(has_tcp_option(enum_bytes{2, 0, 8, 10}, timestamps)) << "an option without a size";
    EXPECT_FALSE(has_tcp_option(enum_bytes{2, 9, 8, 10}, timestamps)) << "longer than what there is";
    EXPECT_FALSE(has_tcp_option(enum_bytes{2}, timestamps));
}

} // namespace
} // namespace ws::test
