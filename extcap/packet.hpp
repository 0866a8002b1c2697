// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "arena.hpp"

#include <cstdint>
#include <string>

namespace wscap {

using ws::as_text;
using ws::Bytes;

/// One captured packet. Who made it says how long `data` and `options` stay valid.
struct Packet {
    std::uint64_t order = 0;     ///< Its place in the capture, from 0.
    std::uint64_t timestamp = 0; ///< In the units of its interface, as pcapng counts.
    std::uint32_t interface = 0; ///< Index of the interface, over the whole capture.
    std::uint32_t length = 0;    ///< Bytes on the wire; more than data.size() where the capture cut it.
    Bytes data;
    Bytes options; ///< pcapng options in this machine's byte order, padded to 4 bytes, to be passed on as
                   ///< they are.
};

/// What a capture says of one interface.
struct Interface {
    std::uint16_t link_type = 0;   ///< LINKTYPE_ of pcapng.
    std::uint32_t snap_length = 0; ///< Bytes; 0 means no limit.
    std::uint64_t ticks = 1000000; ///< Units of the timestamps, per second.
    std::string options;           ///< pcapng options as in Packet.
};

} // namespace wscap
