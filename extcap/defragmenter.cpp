// SPDX-License-Identifier: GPL-2.0-or-later
#include "defragmenter.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace wscap {
namespace {

constexpr std::uint64_t longest_wait = 100000; // packets of the capture

} // namespace

void Defragmenter::add(const Datagram& fragment, const Packet& packet) {
    if (fragment.protocol != ws::protocol_tcp)
        return;
    const Key key{fragment.source, fragment.destination, fragment.id};
    const auto [found, fresh] = pending_.try_emplace(key);
    if (fresh) {
        found->second = by_age_.emplace(by_age_.end());
        found->second->key = key;
        found->second->version = fragment.version;
    }
    Pending& pending = *found->second;
    if (!fragment.more)
        pending.total = fragment.offset + fragment.length;
    cover(pending, fragment.offset, fragment.offset + fragment.length);
    auto& held = pending.fragments.emplace_back();
    held.offset = fragment.offset;
    held.length = fragment.length;
    held.at = static_cast<std::size_t>(fragment.payload.data() - packet.data.data());
    held.captured = fragment.payload.size();
    held.data_size = packet.data.size();
    held.bytes.append(as_text(packet.data)).append(as_text(packet.options));
    held.packet = packet;
    pending.held += held.bytes.size() + sizeof held;
    held_ += held.bytes.size() + sizeof held;
    if (complete(pending) || pending.fragments.size() >= most_fragments || pending.held >= most_bytes)
        deliver(found->second);
    while (!by_age_.empty() && (held_ > limit_ || packet.order - std::min(packet.order, oldest()) > longest_wait))
        deliver(by_age_.begin());
}

void Defragmenter::cover(Pending& pending, std::uint32_t begin, std::uint32_t end) {
    auto& covered = pending.covered;
    auto next = covered.upper_bound(begin);
    if (next != covered.begin() && std::prev(next)->second >= begin)
        begin = (--next)->first;
    for (; next != covered.end() && next->first <= end; next = covered.erase(next))
        end = std::max(end, next->second);
    covered.emplace_hint(next, begin, end);
}

bool Defragmenter::complete(const Pending& pending) {
    const auto first = pending.covered.begin();
    return pending.total && first->first == 0 && first->second >= pending.total;
}

void Defragmenter::deliver(ByAge::iterator which) {
    ByAge taken;
    taken.splice(taken.begin(), by_age_, which);
    Pending& pending = *which;
    pending_.erase(pending.key);
    held_ -= pending.held;

    std::uint32_t end = pending.total;
    std::vector<Packet> packets;
    packets.reserve(pending.fragments.size());
    for (const Fragment& fragment : pending.fragments) {
        const Bytes all = ws::as_bytes(fragment.bytes);
        packets.push_back(fragment.packet);
        packets.back().data = all.first(fragment.data_size);
        packets.back().options = all.subspan(fragment.data_size);
        end = std::max(end, fragment.offset + fragment.length);
    }
    std::vector<std::size_t> by_offset(pending.fragments.size());
    std::iota(by_offset.begin(), by_offset.end(), 0);
    std::stable_sort(by_offset.begin(), by_offset.end(),
                     [&](auto a, auto b) { return pending.fragments[a].offset < pending.fragments[b].offset; });
    std::string payload;
    for (const auto i : by_offset) {
        const Fragment& fragment = pending.fragments[i];
        if (fragment.offset > payload.size())
            break; // the first byte that is not there
        const auto skip = payload.size() - fragment.offset;
        if (skip < fragment.captured)
            payload.append(fragment.bytes, fragment.at + skip, fragment.captured - skip);
    }
    Datagram datagram;
    datagram.version = pending.version;
    datagram.source = pending.key.source;
    datagram.destination = pending.key.destination;
    datagram.protocol = ws::protocol_tcp;
    datagram.payload = ws::as_bytes(payload);
    datagram.length = end;
    deliver_(datagram, packets);
}

void Defragmenter::finish() {
    while (!by_age_.empty())
        deliver(by_age_.begin());
}

std::uint64_t Defragmenter::oldest() const {
    return by_age_.empty() ? std::numeric_limits<std::uint64_t>::max() : by_age_.front().fragments.front().packet.order;
}

} // namespace wscap
