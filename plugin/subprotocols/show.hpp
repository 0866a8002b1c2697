// SPDX-License-Identifier: GPL-2.0-or-later
// What a message of a subprotocol says, in the packet's tree and columns.
#pragma once

#include "view/layer.hpp"

#include "dissector/subprotocols/record.hpp"

namespace ws {

/// Its protocol is there, and enabled.
bool is_shown(const Record& record) noexcept;

/// `OCPP CALLRESULT StartTransaction, 2.1 s`: of the records whose protocols are enabled. Empty: none.
std::string_view words_of(packet_info* pinfo, std::span<const Record> records) noexcept;

/// Adds the records, and what they carry, to the tree; as a layer of the first one's protocol. `at`: the message.
void show_records(Place at, packet_info* pinfo, proto_tree* tree, std::span<const Record> records);

/// A dissector of a list of records: its data.
struct ShownRecords {
    Place at;
    std::span<const Record> records;
};
int dissect_records(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) noexcept;

/// A dissector of bytes of which nothing else is known.
int dissect_bytes(const Subprotocol& one, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) noexcept;

} // namespace ws
