// SPDX-License-Identifier: GPL-2.0-or-later
// What a message's dissector throws, or leaves behind, concerns that message only.
#pragma once

#include "wireshark/limits.hpp"

namespace ws {

struct Outcome {
    bool taken;
    guint32
        wants_more; ///< 0, or: bytes from `from` on belong to a unit of which so many are still to come, or of unknown length.
    int from;
};

/// Calls what dissects a message and returns what a dissector does; what is thrown is shown, also where it is a bug or a limit of
/// Wireshark's. `subprotocol`: what it is told that it was found by, or null; `may_write`: in the columns.
template <class Dissect>
Outcome call_guarded(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, const char* subprotocol, bool may_write,
                     Dissect dissect) {
    static_assert(std::is_trivially_destructible_v<Dissect>);
    const auto* saved_string = pinfo->match_string;
    const auto* saved_proto = pinfo->current_proto;
    const auto saved_can_desegment = pinfo->can_desegment;
    const auto saved_callers = pinfo->saved_can_desegment;
    const auto saved_offset = pinfo->desegment_offset;
    const auto saved_length = pinfo->desegment_len;
    const auto saved_tracking = pinfo->want_pdu_tracking;
    const bool writable = col_get_writable(pinfo->cinfo, -1);
    auto* const last_layer = wmem_list_tail(pinfo->layers);
    Outcome outcome{};
    volatile int taken = 0;
    pinfo->match_string = subprotocol;
    pinfo->can_desegment = 2; // the messages are to it what TCP's segments are
    pinfo->desegment_offset = 0;
    pinfo->desegment_len = 0;
    if (!may_write)
        col_set_writable(pinfo->cinfo, -1, FALSE);
    TRY {
        taken = dissect();
    }
    CATCH_BOUNDS_AND_DISSECTOR_ERRORS {
        taken = 1;
        show_exception(tvb, pinfo, tree, EXCEPT_CODE, GET_MESSAGE);
    }
    FINALLY {
        outcome = {taken != 0, pinfo->desegment_len, pinfo->desegment_offset};
        pinfo->match_string = saved_string;
        pinfo->current_proto = saved_proto;
        pinfo->can_desegment = saved_can_desegment;
        pinfo->saved_can_desegment = saved_callers;
        pinfo->desegment_offset = saved_offset;
        pinfo->desegment_len = saved_length;
        pinfo->want_pdu_tracking = saved_tracking;
        col_set_writable(pinfo->cinfo, -1, writable);
        give_back_layers(pinfo, last_layer);
    }
    ENDTRY;
    return outcome;
}

} // namespace ws
