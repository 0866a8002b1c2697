// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/protocol.hpp"

#include "dissector/line_buffer.hpp"

namespace ws {

/// A tab of bytes, named "Inflated message 5"; `message` 0: no message's.
inline void add_data_source(packet_info* pinfo, tvbuff_t* tvb, const char* what, std::uint32_t message) {
    LineBuffer name(packet_arena(pinfo), 64);
    name.text(what);
    if (message)
        name.text(" ").number(message);
    add_new_data_source(pinfo, tvb, name.finish());
}

} // namespace ws
