// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace ws {

/// What the headers of one segment tell of the host that sent it.
struct SegmentMarks {
    std::uint8_t hop_limit = 0; ///< IPv4 says time to live.
    bool ipv6 = false;
    bool timestamps = false;  ///< RFC 7323 3.
    std::int16_t vlan = -1;   ///< -1: no tag.
    std::uint16_t ip_id = 0;  ///< IPv4's identification.
    std::uint16_t window = 0; ///< Not scaled.
};

/// What all segments of one side had in common, but for its resets.
class SenderMarks {
  public:
    void note(const SegmentMarks& marks) noexcept;
    bool any() const noexcept { return seen_; }

  private:
    friend struct ResetEvidence evidence_of_reset(const SenderMarks&, const SegmentMarks&, std::int64_t);
    SegmentMarks last_;
    bool seen_ = false;
    bool hop_limit_varies_ = false;
    bool vlan_varies_ = false;
    bool id_counts_ = true;      ///< Each was a little more than the one before.
    bool all_timestamps_ = true; ///< All segments had them.
};

/// What speaks against a reset.
struct ResetEvidence {
    std::string list; ///< "TTL 47 where its other packets have 64, no TCP timestamps …"; empty: nothing.
    /// It did not come from the peer. A host that does not know the connection any more answers with a reset of its own, without
    /// timestamps, with identification 0 and without a window, as Linux does: that alone accuses nobody.
    bool forged = false;
};

/// `ahead`: how far its sequence number is from the next one of its side; 0: it is the next.
ResetEvidence evidence_of_reset(const SenderMarks& usual, const SegmentMarks& reset, std::int64_t ahead);

} // namespace ws
