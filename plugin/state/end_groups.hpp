// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/notes.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

namespace ws {

/// Which connections of one server ended together: a restart ends them within a second.
class EndGroups {
  public:
    /// So many are no accident.
    static constexpr std::uint32_t fewest = 3;

    struct End {
        Notes* notes; ///< Of the connection.
        Note note;    ///< What to say if others follow; without a group.
    };

    /// A connection of this server ended at `time` (nanoseconds). Notes it at all of them once there are enough; at those before
    /// the last they are known from the second visit on.
    void add(const std::string& server, std::int64_t time, End end);

  private:
    struct Open {
        EndGroup* group = nullptr;
        std::int64_t last = 0;
        std::vector<End> waiting; ///< Fewer than `fewest`.
    };
    std::unordered_map<std::string, Open> servers_;
    std::deque<EndGroup> groups_; ///< They stay where they are.
};

} // namespace ws
