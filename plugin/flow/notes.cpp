// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow/notes.hpp"

#include "flow/summary.hpp"
#include "flow/tapping.hpp"
#include "flow/verdict.hpp"
#include "view/diagnosis_fields.hpp"
#include "view/layer.hpp"
#include "view/session_fields.hpp"

namespace ws {

bool show_notes(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session) {
    static_assert(std::is_trivially_destructible_v<Diagnosed>);
    const auto& transport = session.transport;
    proto_tree* layer = nullptr;
    bool shown = false;
    const auto in_layer = [&](std::uint32_t stream) {
        if (!layer && tree)
            layer = add_layer(tree, pinfo, {tvb, 0}, 0, "Connection", session.whose(stream, session.direction(pinfo)));
        shown = true;
        return layer;
    };
    const auto [first, last] = transport.notes.at(pinfo->num);
    for (const auto* note = first; note != last; ++note)
        if (!note->at_close)
            if (const auto found = shown_of(*note, pinfo, session)) {
                tap_diagnosis(pinfo, session, note->stream, *found);
                add_diagnosis(in_layer(note->stream), pinfo, tvb, 0, 0, *found);
            }
    static_assert(std::is_trivially_destructible_v<SummaryShown>);
    if (const auto of = summary_at(session, pinfo)) {
        tap_summary(pinfo, session, *of);
        if (tree)
            add_session_summary(in_layer(of->stream), tvb, of->summary);
    }
    return shown;
}

} // namespace ws
