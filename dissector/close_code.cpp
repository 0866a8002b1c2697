// SPDX-License-Identifier: GPL-2.0-or-later
#include "close_code.hpp"

#include <algorithm>

namespace ws {
namespace {

constexpr CloseCodes table[] = {
    {0, 999, "Not used", false},
    {1000, 1000, "Normal Closure", true},
    {1001, 1001, "Going Away", true},
    {1002, 1002, "Protocol error", true},
    {1003, 1003, "Unsupported Data", true},
    {1004, 1004, "Reserved", false},
    {1005, 1005, "No Status Rcvd", false},
    {1006, 1006, "Abnormal Closure", false},
    {1007, 1007, "Invalid frame payload data", true},
    {1008, 1008, "Policy Violation", true},
    {1009, 1009, "Message Too Big", true},
    {1010, 1010, "Mandatory Ext.", true},
    {1011, 1011, "Internal Error", true},
    {1012, 1012, "Service Restart", true},
    {1013, 1013, "Try Again Later", true},
    {1014, 1014, "Bad Gateway", true},
    {1015, 1015, "TLS handshake", false},
    {1016, 2999, "Unassigned", false},
    {3000, 3000, "Unauthorized", true},
    {3001, 3002, "Registered for libraries, frameworks and applications", true},
    {3003, 3003, "Forbidden", true},
    {3004, 3007, "Registered for libraries, frameworks and applications", true},
    {3008, 3008, "Timeout", true},
    {3009, 3999, "Registered for libraries, frameworks and applications", true},
    {4000, 4999, "Private use", true},
    {5000, 65535, "Not used", false},
};

} // namespace

std::span<const CloseCodes> close_code_table() {
    return table;
}

const CloseCodes& close_code(std::uint16_t code) {
    return *std::lower_bound(std::begin(table), std::end(table), code,
                             [](const CloseCodes& row, std::uint16_t value) { return row.last < value; });
}

} // namespace ws
