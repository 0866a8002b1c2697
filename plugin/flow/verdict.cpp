// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow/verdict.hpp"

#include "flow/tapping.hpp"
#include "state/capture.hpp"
#include "view/diagnosis_fields.hpp"
#include "wireshark/protocol.hpp"
#include "wireshark/tcp_ends.hpp"

namespace ws {
namespace {

constexpr std::int64_t second = 1000000000;
/// Silences are the same if they agree to half a second.
constexpr std::int64_t silence_step = second / 2;
/// Heartbeats that come by themselves are missing if none came for so much longer than they were apart.
constexpr double patience = 1.2;

constexpr std::size_t index(Direction direction) {
    return static_cast<std::size_t>(direction);
}

/// What the side that waits wanted from the other.
MissingSign missing_sign(const Heartbeats& heartbeats, Direction waits, std::int64_t silence, std::int64_t now) {
    const auto& open = heartbeats.unanswered(waits);
    if (open.name)
        return {open.name, open.packet, now - open.time, open.count};
    const auto other = opposite(waits);
    const auto interval = heartbeats.interval(other);
    if (interval && static_cast<double>(silence) > static_cast<double>(interval) * patience)
        return {heartbeats.sign(other), heartbeats.last_sign(other), silence, 0};
    return {};
}

std::int64_t step_of(std::int64_t silence) {
    return (silence + silence_step / 2) / silence_step;
}

/// How many connections of the file fell silent for as long.
std::uint32_t alike(std::int64_t silence) {
    std::uint32_t count = 0;
    for (std::int64_t at = step_of(silence) - 1; at <= step_of(silence) + 1; ++at)
        if (const auto it = capture->silences.find(at); it != capture->silences.end())
            count += it->second;
    return count;
}

std::string server_of(const packet_info* pinfo, Direction from) {
    const auto ports = tcp_ports(pinfo);
    const bool server_sends = from == Direction::server_to_client;
    auto* text = address_to_str(nullptr, server_sends ? &tcp_source(pinfo) : &tcp_destination(pinfo));
    std::string server = text;
    wmem_free(nullptr, text);
    return server + ":" + std::to_string(server_sends ? ports.source : ports.destination);
}

Diagnosed with_count(Diagnosed shown, std::int64_t silence, packet_info* pinfo) {
    if (const auto count = silence ? alike(silence) : 0; count > 1)
        shown.cause = wmem_strdup_printf(pinfo->pool, "%s %u connections of this file ended after the same silence.",
                                         shown.cause.data(), count);
    return shown;
}

} // namespace

void count_silence(std::int64_t silence) {
    ++capture->silences[step_of(silence)];
}

ConnectionFacts facts_of(const Connection& connection, std::int64_t now) {
    const auto& statistics = connection.statistics;
    ConnectionFacts facts;
    facts.age = now - statistics.opened;
    facts.silence = now - statistics.last;
    facts.lazy_silence = now - statistics.armed;
    facts.gap = statistics.gap;
    facts.began_in = connection.from_packet;
    facts.client_spoke = statistics.sides[index(Direction::client_to_server)].last != 0;
    facts.dislike = connection.dislike;
    facts.marks = connection.marks;
    for (const auto side : {Direction::client_to_server, Direction::server_to_client}) {
        const auto& of = statistics.sides[index(side)];
        facts.silence_of[index(side)] = now - (of.last ? of.last : statistics.opened);
        facts.last_message[index(side)] = of.message_packet;
        facts.violation_packet[index(side)] = of.violation_packet;
        facts.violation[index(side)] = of.violation;
    }
    if (connection.heartbeats)
        for (const auto side : {Direction::client_to_server, Direction::server_to_client})
            facts.missing[index(side)] = missing_sign(*connection.heartbeats, side, facts.silence_of[index(opposite(side))], now);
    return facts;
}

void note_heartbeat(const Frame& frame, Direction from, const StreamData& piece, Connection& connection) {
    if (!connection.heartbeats && !Heartbeats::matters(frame, connection.marks))
        return;
    if (!connection.heartbeats)
        connection.heartbeats = std::make_unique<Heartbeats>();
    connection.heartbeats->add(from, frame, piece.time, piece.packet, connection.marks);
}

void note_findings(Session& session, const packet_info* pinfo, std::uint32_t stream, std::vector<Finding> findings) {
    for (auto& finding : findings) {
        Note note{pinfo->num, stream, std::move(finding)};
        session.transport.notes.add(std::move(note));
    }
}

void note_message(const Frame& frame, Direction from, packet_info* pinfo, Session& session, Connection& connection) {
    const auto* message = frame.completes;
    if (!message || message->number > MessageTrail::length)
        return;
    auto& trail = connection.trails[index(from)];
    if (message->number == 1)
        trail = std::make_unique<MessageTrail>();
    if (!trail)
        return;
    if (!is_decoded(frame)) {
        trail.reset();
    } else if (trail->add(*message, pinfo->num)) {
        capture->same_messages.add(*trail, from, pinfo, session, connection, capture->proxied);
        trail.reset();
    }
}

void note_close(const Frame& frame, Direction from, packet_info* pinfo, Session& session, const Connection& connection) {
    CloseFacts close{from, {}, {}};
    if (frame.payload.size() >= 2) {
        close.code = static_cast<std::uint16_t>(frame.payload[0] << 8 | frame.payload[1]);
        close.reason = as_text(frame.payload.subspan(2));
    }
    bool rejects = false;
    for (auto& finding : diagnose_close(close, facts_of(connection, time_of(pinfo)))) {
        session.transport.peer_is_silent = finding.diagnosis == Diagnosis::pong_timeout;
        rejects = rejects || finding.diagnosis == Diagnosis::message_rejected || finding.diagnosis == Diagnosis::message_too_big;
        if (rejects && finding.about && finding.about != pinfo->num) { // at the message, too
            Note culprit{finding.about, connection.stream, finding};
            culprit.finding.about = pinfo->num;
            culprit.certain = false;
            session.transport.notes.add(std::move(culprit));
        }
        Note note{pinfo->num, connection.stream, std::move(finding)};
        note.at_close = true;
        session.transport.notes.add(std::move(note));
    }
    if (from == Direction::server_to_client && close.code && (*close.code == 1001 || *close.code == 1012))
        note_end_of_server(session, pinfo, connection);
}

void note_end_of_server(Session& session, packet_info* pinfo, const Connection& connection) {
    Note note{pinfo->num, connection.stream, {Diagnosis::ended_together, {}, {}, {}}};
    capture->end_groups.add(server_of(pinfo, session.direction(pinfo)), time_of(pinfo),
                            {&session.transport.notes, std::move(note)});
}

std::optional<Diagnosed> shown_of(const Note& note, packet_info* pinfo, const Session& session) {
    const bool visited = PINFO_FD_VISITED(pinfo);
    if (visited ? note.unless_answered && session.answered(note.unless_answered) : !note.certain)
        return std::nullopt;
    if (note.group)
        return keep(diagnose_ended_together(note.group->count, note.group->server), packet_arena(pinfo));
    return with_count(view_of(note.finding), note.silence, pinfo);
}

void show_close_notes(const FrameTree& shown, packet_info* pinfo, Session& session, const Connection& connection,
                      const Frame& frame) {
    static_assert(std::is_trivially_destructible_v<Diagnosed>);
    const auto [first, last] = session.transport.notes.at(pinfo->num);
    for (const auto* note = first; note != last; ++note)
        if (note->at_close && note->stream == connection.stream)
            if (const auto found = shown_of(*note, pinfo, session)) {
                tap_diagnosis(pinfo, session, connection.stream, *found);
                add_diagnosis(shown.tree, pinfo, shown.payload.tvb, shown.payload.offset,
                              static_cast<int>(std::min<std::size_t>(frame.payload.size(), 2)), *found);
            }
}

void show_message_notes(const FrameTree& shown, packet_info* pinfo, Session& session, const Connection& connection,
                        Direction direction, const Frame& frame) {
    const auto& message = *frame.completes;
    if (!is_notable(message.compressed, message.wire_length))
        return;
    const auto found = keep(diagnose_message(direction), packet_arena(pinfo));
    tap_diagnosis(pinfo, session, connection.stream, found);
    add_diagnosis(shown.tree, pinfo, shown.frame.tvb, shown.frame.offset, static_cast<int>(frame.bytes.size()), found);
}

} // namespace ws
