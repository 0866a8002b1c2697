// SPDX-License-Identifier: GPL-2.0-or-later
#include "violations.hpp"

namespace ws {
namespace {

constexpr ViolationInfo table[] = {
#define WS_VIOLATION(name, rfc, section, where, sentence) {#name, rfc, section, Where::where, sentence},
#include "violations.def"
#undef WS_VIOLATION
};
static_assert(std::size(table) <= 64, "Findings keeps one bit for each");

} // namespace

std::span<const ViolationInfo> violation_table() {
    return table;
}

} // namespace ws
