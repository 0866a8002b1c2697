// SPDX-License-Identifier: GPL-2.0-or-later
// Every packet comes by here after all other dissectors: HTTP tells nobody of a handshake, and TCP of no FIN or RST.
#include "entry/callbacks.hpp"
#include "entry/entries.hpp"
#include "entry/stream.hpp"
#include "entry/unclaimed.hpp"
#include "flow/endings.hpp"
#include "flow/http2.hpp"
#include "flow/packet_end.hpp"
#include "state/capture.hpp"

namespace ws {
namespace {

int dissect_unasked(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) {
    if (!protocol.take_over)
        return 0;
    bool shown = dissect_heads_and_frames(tvb, pinfo, tree);
    if (pinfo->ptype != PT_TCP || pinfo->flags.in_error_pkt)
        return shown;
    auto* session = find_session(pinfo);
    if (dissect_unclaimed(tvb, pinfo, tree, session)) {
        shown = true;
        session = find_session(pinfo);
    }
    if (session)
        return watch_connection(tvb, pinfo, tree, *session) || shown;
    if (auto* http2 = capture->sessions.empty() ? nullptr : find_http2(pinfo)) // most HTTP/2 carries no WebSocket
        return watch_streams(tvb, pinfo, tree, *http2) || shown;
    if (!PINFO_FD_VISITED(pinfo))
        note_syn(tvb, pinfo);
    return shown;
}

int dissect_after_all(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void*) noexcept {
    volatile int shown = 0;
    TRY {
        shown = dissect_unasked(tvb, pinfo, tree);
    }
    FINALLY { // the next visit may be of the same packet
        end_packet(pinfo);
    }
    ENDTRY;
    return shown;
}

} // namespace

void register_packet_entry() {
    register_postdissector(unnamed_dissector(dissect_after_all, protocol.id));
}

} // namespace ws
