// SPDX-License-Identifier: GPL-2.0-or-later
#include "state/end_groups.hpp"

namespace ws {
namespace {

constexpr std::int64_t together = 1000000000; // nanoseconds

} // namespace

void EndGroups::add(const std::string& server, std::int64_t time, End end) {
    auto& open = servers_[server];
    if (!open.group || time - open.last > together || time < open.last) {
        groups_.push_back({0, server});
        open.group = &groups_.back();
        open.waiting.clear();
    }
    open.last = time;
    end.note.group = open.group;
    if (++open.group->count < fewest) {
        open.waiting.push_back(std::move(end));
        return;
    }
    for (auto& earlier : open.waiting) {
        earlier.note.certain = false;
        earlier.notes->add(std::move(earlier.note));
    }
    open.waiting.clear();
    end.notes->add(std::move(end.note));
}

} // namespace ws
