// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings.hpp"

namespace ws {
namespace {

constexpr FindingInfo table[] = {
#define WS_FINDING(name, rfc, section, where, sentence) {#name, rfc, section, Where::where, sentence},
#include "findings.def"
#undef WS_FINDING
};
static_assert(std::size(table) <= 64, "Findings keeps one bit for each");

} // namespace

std::span<const FindingInfo> finding_table() {
    return table;
}

} // namespace ws
