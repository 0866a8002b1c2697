// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include "dissector/diagnosis.hpp"

#include <algorithm>
#include <vector>

namespace ws {

/// Connections of one server that ended one after the other.
struct EndGroup {
    std::uint32_t count = 0;
    std::string server; ///< "10.0.0.2:80"
};

/// A diagnosis that a packet shows beside its frames; kept for later visits.
struct Note {
    std::uint32_t packet;
    std::uint32_t stream;
    Finding finding;
    std::int64_t silence = 0;          ///< idle_timeout: how long, in nanoseconds.
    std::uint32_t unless_answered = 0; ///< The request's packet: shown only if it was never answered.
    bool certain = true;               ///< Else known from the second visit on.
    bool at_close = false;             ///< The first Close frame shows it.
    const EndGroup* group = nullptr;   ///< ended_together: which is told as it is when it is shown.
};

/// All of a session, in the order of their packets.
class Notes {
  public:
    Note& add(Note note) {
        fit(note.finding);
        const auto after = std::upper_bound(all_.begin(), all_.end(), note.packet,
                                            [](std::uint32_t packet, const Note& n) { return packet < n.packet; });
        return *all_.insert(after, std::move(note));
    }

    /// Those of a packet.
    std::pair<const Note*, const Note*> at(std::uint32_t packet) const {
        const auto [first, last] = std::equal_range(all_.begin(), all_.end(), packet, Before{});
        return {all_.data() + (first - all_.begin()), all_.data() + (last - all_.begin())};
    }

    template <class Condition>
    void remove_if(Condition condition) {
        std::erase_if(all_, condition);
    }

  private:
    struct Before {
        bool operator()(const Note& note, std::uint32_t packet) const { return note.packet < packet; }
        bool operator()(std::uint32_t packet, const Note& note) const { return packet < note.packet; }
    };
    std::vector<Note> all_;
};

} // namespace ws
