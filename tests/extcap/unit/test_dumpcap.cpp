// SPDX-License-Identifier: GPL-2.0-or-later
#include "dumpcap.hpp"

#include <gtest/gtest.h>

namespace wscap::test {
namespace {

using Names = std::vector<std::string>;

// As recorded of dumpcap 4.0.17.
TEST(Dumpcap, TellsInterfacesInLines) {
    EXPECT_EQ(interface_names("1. eth0\t\t\t0\t192.0.2.2,fd00::2\tnetwork\t\n2. any\t\t\t0\t\tnetwork\t\n"
                              "3. lo\t\tLoopback\t0\t127.0.0.1,::1\tloopback\t\n"),
              (Names{"eth0", "any", "lo"}));
}

// As recorded of dumpcap 4.4.19; 4.6.9 says the same.
TEST(Dumpcap, TellsInterfacesInJson) {
    EXPECT_EQ(interface_names(R"([{"any":{"friendly_name":null,"vendor_description":null,"type":0,"addrs":[],"loopback":false,)"
                              R"("extcap":""}},{"lo":{"friendly_name":"Loopback","vendor_description":null,"type":0,"addrs":)"
                              R"(["127.0.0.1","::1"],"loopback":true,"extcap":""}},{"dbus-system":{"friendly_name":null,)"
                              R"("vendor_description":null,"type":0,"addrs":[],"loopback":false,"extcap":""}}])"
                              "\n"),
              (Names{"any", "lo", "dbus-system"}));
    EXPECT_EQ(interface_names(R"([ { "a\"b\\c:{" : { "x" : { "y" : 1 } } } ])"), Names{R"(a"b\c:{)"});
}

TEST(Dumpcap, TellsNoneInWhatIsNoAnswer) {
    for (const auto* answer : {"", "\n", "[", "[{", "[{\"", "[{\"a", "[{\"a\\", "[]", "1. eth0", "1.\t", "no\tname. "})
        EXPECT_EQ(interface_names(answer), Names{}) << answer;
}

} // namespace
} // namespace wscap::test
