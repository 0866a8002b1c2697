// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow/export_message.hpp"

#include <epan/exported_pdu.h>

namespace ws {
namespace {

int tap_of_pdus = -1;

} // namespace

bool exports_messages() {
    return have_tap_listener(tap_of_pdus);
}

void export_message(Place at, packet_info* pinfo, const char* reader, const Message& message) {
    auto* pdu = export_pdu_create_common_tags(pinfo, reader, EXP_PDU_TAG_DISSECTOR_NAME);
    pdu->tvb_captured_length = pdu->tvb_reported_length = static_cast<guint>(message.data.size());
    pdu->pdu_tvb = tvb_new_subset_length(at.tvb, at.offset, static_cast<gint>(message.data.size()));
    tap_queue_packet(tap_of_pdus, pinfo, pdu);
}

void hand_off_export() {
    tap_of_pdus = find_tap_id(EXPORT_PDU_TAP_NAME_LAYER_7);
}

} // namespace ws
