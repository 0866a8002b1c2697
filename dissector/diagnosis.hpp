// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "arena.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace ws {

/// The rows of diagnoses.def.
enum class Diagnosis : std::uint8_t {
#define WS_DIAGNOSIS(name, evidence, severity, sentence) name,
#include "diagnoses.def"
#undef WS_DIAGNOSIS
};

/// What shows it: one half of the handshake, or how packets follow each other.
enum class Evidence : std::uint8_t { head, sequence };
enum class Severity : std::uint8_t { note, warn };

struct DiagnosisInfo {
    const char* name;
    Evidence evidence;
    Severity severity;
    const char* sentence;
};

/// All diagnoses, indexed by Diagnosis.
std::span<const DiagnosisInfo> diagnosis_table();

/// No part of a diagnosis is longer, in bytes: Wireshark cuts what it shows at 240, with the name of the field before it.
constexpr std::size_t longest_part = 199;

/// What is to be said of one diagnosis.
struct Finding {
    Diagnosis diagnosis;
    std::string seen;
    std::string cause;
    std::string check;
    std::string figure = {}; ///< What the packet list says behind the name: "2.0 s".
    std::uint32_t about = 0; ///< The packet that explains it best; 0: this one.
};

/// The same in an arena; each part ends with a NUL behind it.
struct Diagnosed {
    Diagnosis diagnosis;
    std::string_view seen;
    std::string_view cause;
    std::string_view check;
    std::string_view figure;
    std::uint32_t about = 0;
};
using DiagnosedList = List<Diagnosed>;

/// Cuts parts that are too long, between two characters.
void fit(Finding& finding);

/// The finding itself, as long as it lives.
Diagnosed view_of(const Finding& finding);

/// A copy that fits.
Diagnosed keep(Finding finding, const Arena& arena);

} // namespace ws
