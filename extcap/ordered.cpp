// SPDX-License-Identifier: GPL-2.0-or-later
#include "ordered.hpp"

namespace wscap {

void Ordered::keep(const Packet& packet, std::uint32_t connection) {
    Held held{packet.order,
              packet.timestamp,
              packet.interface,
              packet.length,
              connection,
              static_cast<std::uint32_t>(packet.data.size()),
              {}};
    held.bytes.reserve(packet.data.size() + packet.options.size());
    held.bytes.append(as_text(packet.data)).append(as_text(packet.options));
    memory_ += sizeof(Held) + held.bytes.capacity();
    held_.push(std::move(held));
    while (memory_ > limit_)
        emit_oldest();
}

void Ordered::release(std::uint64_t before) {
    while (!held_.empty() && held_.top().order < before)
        emit_oldest();
}

void Ordered::emit_oldest() {
    const Held& held = held_.top();
    const Bytes all = ws::as_bytes(held.bytes);
    emit_({held.order, held.timestamp, held.interface, held.length, all.first(held.data_size), all.subspan(held.data_size)},
          held.connection);
    memory_ -= sizeof(Held) + held.bytes.capacity();
    held_.pop();
}

} // namespace wscap
