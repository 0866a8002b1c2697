// SPDX-License-Identifier: GPL-2.0-or-later
#include "reset_evidence.hpp"

namespace ws {
namespace {

/// Between two segments of one connection a host's counter of identifications moves by little.
constexpr std::uint16_t longest_step = 4096;

bool counts_on(std::uint16_t from, std::uint16_t to) {
    const auto step = static_cast<std::uint16_t>(to - from);
    return step > 0 && step <= longest_step;
}

void add(std::string& list, const std::string& text) {
    list += (list.empty() ? "" : ", ") + text;
}

std::string vlan(std::int16_t tag) {
    return tag < 0 ? "no VLAN tag" : "VLAN " + std::to_string(tag);
}

} // namespace

void SenderMarks::note(const SegmentMarks& marks) noexcept {
    if (seen_) {
        hop_limit_varies_ = hop_limit_varies_ || marks.hop_limit != last_.hop_limit;
        vlan_varies_ = vlan_varies_ || marks.vlan != last_.vlan;
        id_counts_ = id_counts_ && !marks.ipv6 && counts_on(last_.ip_id, marks.ip_id);
    }
    all_timestamps_ = all_timestamps_ && marks.timestamps;
    last_ = marks;
    seen_ = true;
}

ResetEvidence evidence_of_reset(const SenderMarks& usual, const SegmentMarks& reset, std::int64_t ahead) {
    ResetEvidence found;
    if (!usual.seen_)
        return found;
    const auto& last = usual.last_;
    if (!usual.hop_limit_varies_ && reset.hop_limit != last.hop_limit) {
        found.forged = true;
        add(found.list, (reset.ipv6 ? "hop limit " : "TTL ") + std::to_string(reset.hop_limit) +
                            " where its other packets have " + std::to_string(last.hop_limit));
    }
    if (!usual.vlan_varies_ && reset.vlan != last.vlan) {
        found.forged = true;
        add(found.list, vlan(reset.vlan) + " where its other packets have " + vlan(last.vlan));
    }
    if (ahead)
        add(found.list, "sequence number " + std::to_string(ahead < 0 ? -ahead : ahead) + (ahead < 0 ? " behind" : " ahead of") +
                            " the next");
    if (usual.all_timestamps_ && !reset.timestamps)
        add(found.list, "no TCP timestamps, which all its other segments have");
    if (usual.id_counts_ && !reset.ipv6 && reset.ip_id != last.ip_id && !counts_on(last.ip_id, reset.ip_id))
        add(found.list, "IP ID " + std::to_string(reset.ip_id) + " after " + std::to_string(last.ip_id));
    if (last.window && !reset.window)
        add(found.list, "no window");
    return found;
}

} // namespace ws
