// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <bit>
#include <cstdint>
#include <span>

namespace ws {

/// The rules of violations.def.
enum class Violation : std::uint8_t {
#define WS_VIOLATION(name, rfc, section, where, sentence) name,
#include "violations.def"
#undef WS_VIOLATION
};

/// Which bytes a violation is about.
enum class Where : std::uint8_t { flags, mask, length, payload, handshake };

struct ViolationInfo {
    const char* name;
    std::uint16_t rfc;
    const char* section;
    Where where;
    const char* sentence;
};

/// All rules, indexed by Violation.
std::span<const ViolationInfo> violation_table();

/// The rules that one frame or handshake breaks.
class Violations {
  public:
    void add(Violation violation) { bits_ |= bit(violation); }
    void add(const Violations& others) { bits_ |= others.bits_; }
    bool has(Violation violation) const { return (bits_ & bit(violation)) != 0; }
    std::size_t count() const { return static_cast<std::size_t>(std::popcount(bits_)); }
    bool any() const { return bits_ != 0; }
    /// Of those there are.
    Violation first() const { return static_cast<Violation>(std::countr_zero(bits_)); }
    bool operator==(const Violations&) const = default;

  private:
    static constexpr std::uint64_t bit(Violation violation) { return std::uint64_t{1} << static_cast<unsigned>(violation); }
    std::uint64_t bits_ = 0;
};

} // namespace ws
