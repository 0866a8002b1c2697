// SPDX-License-Identifier: GPL-2.0-or-later
#include "defragmenter.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace wscap {
namespace {

constexpr std::uint64_t longest_wait = 100000; // packets of the capture

} // namespace

std::size_t Defragmenter::Hash::operator()(const Key& key) const {
    char bytes[sizeof(ws::IpAddress) * 2 + 4];
    std::memcpy(bytes, key.source.data(), sizeof(ws::IpAddress));
    std::memcpy(bytes + sizeof(ws::IpAddress), key.destination.data(), sizeof(ws::IpAddress));
    std::memcpy(bytes + sizeof(ws::IpAddress) * 2, &key.id, 4);
    return std::hash<std::string_view>()({bytes, sizeof bytes});
}

void Defragmenter::add(const Datagram& fragment, const Packet& packet) {
    if (fragment.protocol != ws::protocol_tcp)
        return;
    const Key key{fragment.source, fragment.destination, fragment.id};
    const auto [found, fresh] = pending_.try_emplace(key);
    Pending& pending = found->second;
    if (fresh) {
        pending.serial = ++serial_;
        pending.version = fragment.version;
        by_age_.emplace_back(pending.serial, key);
    }
    if (!fragment.more)
        pending.total = fragment.offset + fragment.length;
    pending.pieces.push_back({fragment.offset, fragment.length, pending.packets.size(),
                              static_cast<std::size_t>(fragment.payload.data() - packet.data.data()), fragment.payload.size()});
    pending.data_sizes.push_back(packet.data.size());
    pending.bytes.emplace_back(as_text(packet.data)).append(as_text(packet.options));
    pending.packets.push_back(packet);
    held_ += pending.bytes.back().size() + sizeof(Pending);
    if (complete(pending))
        deliver(found);
    drop_delivered();
    while (!by_age_.empty() && (held_ > limit_ || packet.order - std::min(packet.order, oldest()) > longest_wait))
        deliver_oldest();
}

bool Defragmenter::complete(const Pending& pending) {
    if (!pending.total)
        return false;
    std::uint32_t reached = 0;
    for (bool moved = true; moved && reached < pending.total;) {
        moved = false;
        for (const Piece& piece : pending.pieces)
            if (piece.offset <= reached && piece.offset + piece.length > reached) {
                reached = piece.offset + piece.length;
                moved = true;
            }
    }
    return reached >= pending.total;
}

void Defragmenter::deliver(Map::iterator which) {
    const Key key = which->first;
    Pending pending = std::move(which->second);
    pending_.erase(which);
    std::uint32_t end = pending.total;
    for (std::size_t i = 0; i < pending.packets.size(); ++i) {
        const Bytes all = ws::as_bytes(pending.bytes[i]);
        held_ -= all.size() + sizeof(Pending);
        pending.packets[i].data = all.first(pending.data_sizes[i]);
        pending.packets[i].options = all.subspan(pending.data_sizes[i]);
        end = std::max(end, pending.pieces[i].offset + pending.pieces[i].length);
    }
    std::string payload;
    for (bool moved = true; moved;) { // up to the first byte that is not there
        moved = false;
        for (const Piece& piece : pending.pieces)
            if (piece.offset <= payload.size() && piece.offset + piece.captured > payload.size()) {
                const auto skip = payload.size() - piece.offset;
                payload.append(pending.bytes[piece.packet], piece.at + skip, piece.captured - skip);
                moved = true;
            }
    }
    Datagram datagram;
    datagram.version = pending.version;
    datagram.source = key.source;
    datagram.destination = key.destination;
    datagram.protocol = ws::protocol_tcp;
    datagram.payload = ws::as_bytes(payload);
    datagram.length = end;
    deliver_(datagram, pending.packets);
}

/// Keeps the oldest that still waits in front.
void Defragmenter::drop_delivered() {
    while (!by_age_.empty()) {
        const auto& [serial, key] = by_age_.front();
        const auto found = pending_.find(key);
        if (found != pending_.end() && found->second.serial == serial)
            return;
        by_age_.pop_front();
    }
}

void Defragmenter::deliver_oldest() {
    deliver(pending_.find(by_age_.front().second));
    drop_delivered();
}

void Defragmenter::finish() {
    while (!by_age_.empty())
        deliver_oldest();
}

std::uint64_t Defragmenter::oldest() const {
    return by_age_.empty() ? std::numeric_limits<std::uint64_t>::max()
                           : pending_.find(by_age_.front().second)->second.packets.front().order;
}

} // namespace wscap
