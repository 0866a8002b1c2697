// SPDX-License-Identifier: GPL-2.0-or-later
#include "close_code.hpp"

#include "support.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

TEST(CloseCode, MayBeSentFrom1000To1003And1007To1014And3000To4999) {
    for (unsigned code = 0; code < 65536; ++code) {
        const bool may = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
        EXPECT_EQ(close_code(static_cast<std::uint16_t>(code)).may_be_sent, may) << code;
    }
}

TEST(CloseCode, HasTheNamesOfTheRegistry) {
    constexpr std::pair<std::uint16_t, std::string_view> cases[] = {
        {1000, "Normal Closure"},
        {1001, "Going Away"},
        {1002, "Protocol error"},
        {1003, "Unsupported Data"},
        {1005, "No Status Rcvd"},
        {1006, "Abnormal Closure"},
        {1007, "Invalid frame payload data"},
        {1008, "Policy Violation"},
        {1009, "Message Too Big"},
        {1010, "Mandatory Ext."},
        {1011, "Internal Error"},
        {1012, "Service Restart"},
        {1013, "Try Again Later"},
        {1014, "Bad Gateway"},
        {1015, "TLS handshake"},
        {3000, "Unauthorized"},
        {3003, "Forbidden"},
        {3008, "Timeout"},
    };
    for (const auto& [code, name] : cases)
        EXPECT_EQ(close_code(code).name, name);
}

TEST(CloseCode, TableHasEveryCodeOnceAndInOrder) {
    std::uint32_t next = 0;
    for (const auto& row : close_code_table()) {
        EXPECT_EQ(row.first, next);
        ASSERT_GE(row.last, row.first);
        EXPECT_FALSE(std::string_view(row.name).empty());
        next = row.last + 1U;
    }
    EXPECT_EQ(next, 65536U);
}

} // namespace
} // namespace ws::test
