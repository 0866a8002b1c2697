// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>

namespace ws {

/// The rules of findings.def.
enum class Finding : std::uint8_t {
#define WS_FINDING(name, rfc, section, where, sentence) name,
#include "findings.def"
#undef WS_FINDING
};

/// Which bytes a finding is about.
enum class Where : std::uint8_t { flags, mask, length, payload, handshake };

struct FindingInfo {
    const char* name;
    std::uint16_t rfc;
    const char* section;
    Where where;
    const char* sentence;
};

/// All rules, indexed by Finding.
std::span<const FindingInfo> finding_table();

/// The rules that one frame or handshake breaks.
class Findings {
  public:
    void add(Finding finding) { bits_ |= bit(finding); }
    bool has(Finding finding) const { return (bits_ & bit(finding)) != 0; }
    bool any() const { return bits_ != 0; }
    bool operator==(const Findings&) const = default;

  private:
    static constexpr std::uint64_t bit(Finding finding) { return std::uint64_t{1} << static_cast<unsigned>(finding); }
    std::uint64_t bits_ = 0;
};

} // namespace ws
