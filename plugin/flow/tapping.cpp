// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow/tapping.hpp"

#include "state/tapped.hpp"

namespace ws {

void tap_event(packet_info* pinfo, const Session& session, const Connection& connection, const StreamData& piece,
               const StreamEvent& event, std::string_view words) {
    if (!is_tapped() || std::holds_alternative<FramePart>(event))
        return;
    Tapped tapped{connection.stream,    piece.direction,
                  session.http2_stream, piece.packet,
                  piece.time,           session.opening_of(&connection),
                  &connection,          {}};
    tapped.words = words;
    if (const auto* frame = std::get_if<Frame>(&event))
        tapped.what = frame;
    else
        tapped.what = *std::get_if<SkippedBytes>(&event);
    tap(pinfo, tapped);
}

void tap_handshake(packet_info* pinfo, const OpeningHandshake* opening, const Connection* begins, const Handshake& handshake,
                   const HandshakeContext& context, const HeadText& head) {
    if (!is_tapped())
        return;
    const auto& of = context.whose;
    Tapped tapped{of.stream, of.direction, of.http2_stream, pinfo->num, time_of(pinfo), opening, begins, {}};
    tapped.what = TappedHandshake{handshake, head.text, head.lines};
    tap(pinfo, tapped);
    for (const auto& found : context.diagnoses) {
        tapped.what = found;
        tap(pinfo, tapped);
    }
}

void tap_summary(packet_info* pinfo, const Session& session, const SummaryShown& shown) {
    if (is_tapped())
        tap(pinfo, {shown.stream, session.direction(pinfo), session.http2_stream, pinfo->num, time_of(pinfo), shown.opening,
                    shown.connection, shown.summary});
}

void tap_diagnosis(packet_info* pinfo, const Diagnosed& found) {
    if (is_tapped())
        tap(pinfo, {no_stream, Direction::server_to_client, 0, pinfo->num, time_of(pinfo), nullptr, nullptr, found});
}

void tap_diagnosis(packet_info* pinfo, Session& session, std::uint32_t stream, const Diagnosed& found) {
    if (!is_tapped())
        return;
    const auto* connection = session.connection_at(pinfo->num);
    if (connection && connection->stream != stream)
        connection = nullptr;
    Tapped tapped{stream,         session.direction(pinfo),          session.http2_stream, pinfo->num,
                  time_of(pinfo), session.opening_of_stream(stream), connection,           {}};
    tapped.what = found;
    tap(pinfo, tapped);
}

} // namespace ws
