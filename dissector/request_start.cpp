// SPDX-License-Identifier: GPL-2.0-or-later
#include "request_start.hpp"

#include "handshake.hpp"

#include <algorithm>

namespace ws {
namespace {

constexpr std::size_t longest_head = 65536;
constexpr std::string_view start = "GET /";

using Verdict = RequestStart::Verdict;

Verdict judge(std::string_view bytes, const Arena& arena) {
    HttpHead head;
    switch (parse_http_head(bytes, arena, head)) {
    case HeadResult::complete: break;
    case HeadResult::incomplete:
        return start.starts_with(bytes.substr(0, start.size())) && bytes.size() < longest_head ? Verdict::incomplete
                                                                                               : Verdict::other;
    default: return Verdict::other;
    }
    if (!head.is_request)
        return Verdict::other;
    return is_upgrade_request(head) ? Verdict::upgrade : Verdict::ordinary;
}

/// Does the first line of a head, or the head itself, end in what comes from `from` on? Else it need not be parsed again.
bool tells_more(std::string_view head, std::size_t from) {
    if (head.find('\n', from) == std::string_view::npos)
        return false;
    return head.find('\n') >= from || head.find("\n\n", from - 1) != std::string_view::npos ||
           head.find("\n\r\n", from - std::min<std::size_t>(from, 2)) != std::string_view::npos;
}

} // namespace

Verdict RequestStart::read(std::string_view bytes, std::uint32_t cut, std::uint32_t sequence, const Arena& arena) {
    const auto before = kept_.size();
    const auto size = static_cast<std::uint32_t>(bytes.size());
    const auto advance = before ? sequence_.compare(sequence, size) : SequenceTracker::Advance{};
    if (advance.repeated >= size && before)
        return Verdict::incomplete;
    bytes.remove_prefix(advance.repeated);
    sequence_.expect(sequence + size);
    if (before)
        kept_.append(bytes);
    const auto all = before ? std::string_view(kept_) : bytes;
    const bool whole = !cut && !(before && advance.lost);
    if (whole && before && all.size() < longest_head && !tells_more(all, before))
        return Verdict::incomplete;
    const auto verdict = whole || !before ? judge(all, arena) : Verdict::other;
    if (verdict == Verdict::incomplete && whole) {
        if (!before)
            kept_.assign(bytes);
        return verdict;
    }
    if (verdict != Verdict::upgrade)
        std::string().swap(kept_);
    return verdict == Verdict::incomplete ? Verdict::other : verdict;
}

} // namespace ws
