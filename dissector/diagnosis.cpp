// SPDX-License-Identifier: GPL-2.0-or-later
#include "diagnosis.hpp"

namespace ws {
namespace {

constexpr DiagnosisInfo table[] = {
#define WS_DIAGNOSIS(name, evidence, severity, sentence) {#name, Evidence::evidence, Severity::severity, sentence},
#include "diagnoses.def"
#undef WS_DIAGNOSIS
};

constexpr std::string_view ellipsis = "…";

void fit(std::string& part) {
    if (part.size() <= longest_part)
        return;
    auto size = longest_part - ellipsis.size();
    while (size && (static_cast<unsigned char>(part[size]) & 0xc0) == 0x80)
        --size;
    part.resize(size);
    part += ellipsis;
}

} // namespace

std::span<const DiagnosisInfo> diagnosis_table() {
    return table;
}

void fit(Finding& finding) {
    for (auto* part : {&finding.seen, &finding.cause, &finding.check, &finding.figure})
        fit(*part);
}

Diagnosed view_of(const Finding& finding) {
    return {finding.diagnosis, finding.seen, finding.cause, finding.check, finding.figure, finding.about};
}

Diagnosed keep(Finding finding, const Arena& arena) {
    fit(finding);
    auto kept = view_of(finding);
    for (auto* part : {&kept.seen, &kept.cause, &kept.check, &kept.figure})
        *part = as_text(arena.copy(as_bytes(*part)));
    return kept;
}

} // namespace ws
