// SPDX-License-Identifier: GPL-2.0-or-later
// The ends of connections: FIN, RST and retransmissions carry nothing for the frames' dissector, but every packet passes the
// post-dissector.
#include "flow/endings.hpp"

#include "flow/awaited_request.hpp"
#include "flow/notes.hpp"
#include "flow/summary.hpp"
#include "flow/verdict.hpp"
#include "state/capture.hpp"
#include "wireshark/layers.hpp"
#include "wireshark/tcp_segment.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace ws {
namespace {

constexpr std::int64_t second = 1000000000;
/// An alert of TLS, before its FIN, is no frame.
constexpr std::uint64_t longest_alert = 100;
/// Loss repeats a segment once or twice; what goes on so often and so long is no loss.
constexpr std::uint32_t often = 4, too_often = 6;
constexpr std::int64_t longest_repair = 2 * second;

/// FIN or RST while the request waits.
void end_during_handshake(Session& session, const packet_info* pinfo, const OpeningHandshake& opening, Ending& ending) {
    ending.handshake_pending = true;
    ending.since_request = time_of(pinfo) - nanoseconds(opening.request_time);
    ending.retransmissions = session.transport.retransmissions;
    ending.answered_bytes = session.transport.answered_bytes;
    for (auto& finding : diagnose_ending(ending)) {
        Note note{pinfo->num, opening.stream, std::move(finding)};
        note.unless_answered = opening.request_packet;
        session.transport.notes.add(std::move(note));
    }
}

/// No timer tells why it ended: the server may have ended others with it.
bool is_unexplained(const std::vector<Finding>& findings) {
    return std::all_of(findings.begin(), findings.end(), [](const Finding& finding) {
        return finding.diagnosis == Diagnosis::closed_without_close_frame || finding.diagnosis == Diagnosis::aborted;
    });
}

/// What the other leg of a proxy tells of an end that nothing else explains.
void explain_by_leg(Finding& finding, const OpeningHandshake* opening, std::int64_t time) {
    if (!opening || !opening->pair)
        return;
    const auto other = opening->pair->other(*opening);
    const auto& end = opening->pair->sessions[other]->transport.first_end;
    finding.about = opening->pair->openings[other]->request_packet;
    finding.cause = tell_other_leg({finding.about, end.time != 0, end.reset, end.by, time - end.time});
}

void end_connection(Session& session, packet_info* pinfo, const Connection& connection, Ending& ending) {
    const auto& close = connection.decoder.first_close();
    if (close && (connection.decoder.closed(opposite(close->from)) || session.transport.peer_is_silent))
        return;
    ending.connection = facts_of(connection, time_of(pinfo));
    if (close) // nothing is sent after it: its side has been silent since then
        ending.close = {close->from, close->packet, ending.connection.silence_of[static_cast<std::size_t>(close->from)]};
    auto findings = diagnose_ending(ending);
    const bool unexplained = !findings.empty() && is_unexplained(findings);
    if (unexplained)
        explain_by_leg(findings.front(), session.opening_of(&connection), time_of(pinfo));
    for (auto& finding : findings) {
        Note note{pinfo->num, connection.stream, std::move(finding)};
        if (note.finding.diagnosis == Diagnosis::idle_timeout) {
            note.silence = ending.connection.silence;
            count_silence(note.silence);
        }
        session.transport.notes.add(std::move(note));
    }
    if (unexplained && ending.by == Direction::server_to_client)
        note_end_of_server(session, pinfo, connection);
}

/// One side ends the connection, or the stream. `certain`: no byte of it is missing. Returns false if it was over before, or had
/// nothing of WebSocket.
bool end_session(Session& session, packet_info* pinfo, Ending& ending, bool certain) {
    auto& transport = session.transport;
    auto& side = transport.sides[static_cast<std::size_t>(ending.by)];
    const bool first_end = !transport.sides[0].fin && !transport.sides[1].fin;
    auto* connection = session.connection_at(pinfo->num);
    const auto* pending = connection ? nullptr : session.pending();
    if (transport.ended)
        return false;
    if (pending && first_end && certain)
        end_during_handshake(session, pinfo, *pending, ending);
    else if (connection && first_end && certain && !connection->statistics.sides[0].uncertain &&
             !connection->statistics.sides[1].uncertain)
        end_connection(session, pinfo, *connection, ending);
    if (first_end)
        transport.first_end = {ending.by, ending.reset, time_of(pinfo)};
    side.fin = side.fin || !ending.reset;
    transport.ended = ending.reset || (transport.sides[0].fin && transport.sides[1].fin);
    if (transport.ended && (connection || !pending))
        keep_summary(session, pinfo, connection);
    return true;
}

/// One side ends the TCP connection.
void observe_end(Session& session, packet_info* pinfo, const Segment& segment, Direction from) {
    const auto& transport = session.transport;
    const auto& side = transport.sides[static_cast<std::size_t>(from)];
    Ending ending;
    ending.by = from;
    ending.reset = (segment.flags & RST) != 0;
    if (side.fin && !ending.reset) // sent once more
        return;
    if (ending.reset) {
        const auto next = side.sequence.next();
        ending.against =
            evidence_of_reset(side.marks, segment.marks, next ? static_cast<std::int32_t>(segment.sequence - *next) : 0);
    }
    const bool decoded = session.connection_at(pinfo->num) != nullptr;
    end_session(session, pinfo, ending, all_was_seen(transport, segment, from, decoded));
}

/// The request is sent once more.
void observe_retransmission(Session& session, const packet_info* pinfo, const OpeningHandshake& opening) {
    auto& transport = session.transport;
    ++transport.retransmissions;
    const auto since = time_of(pinfo) - nanoseconds(opening.request_time);
    if (transport.no_answer_noted || transport.acknowledged)
        return;
    // Loss repeats a request once; only what goes on is told at once.
    const bool certain = transport.retransmissions > 1 || since >= second;
    transport.no_answer_noted = certain;
    if (certain)
        transport.notes.remove_if([](const Note& n) { return n.finding.diagnosis == Diagnosis::no_answer && !n.certain; });
    Note note{pinfo->num, opening.stream, diagnose_no_answer(transport.retransmissions, since)};
    note.unless_answered = opening.request_packet;
    note.certain = certain;
    transport.notes.add(std::move(note));
}

void forget_unacknowledged(Session& session) {
    session.transport.notes.remove_if([](const Note& note) { return note.finding.diagnosis == Diagnosis::unacknowledged; });
}

/// Data that is sent again and again. Probes that keep a connection alive have one byte.
void observe_repeats(Session& session, const packet_info* pinfo, const Segment& segment, Direction from, std::uint32_t fresh,
                     const Connection& connection) {
    auto& side = session.transport.sides[static_cast<std::size_t>(from)];
    auto& other = session.transport.sides[static_cast<std::size_t>(opposite(from))];
    if (other.resent && (segment.flags & ACK) && static_cast<std::int32_t>(segment.acknowledged - other.resent_sequence) > 0) {
        if (other.resent >= often) // it was repaired after all
            forget_unacknowledged(session);
        other.resent = 0;
    }
    if (fresh) {
        side.sent = time_of(pinfo);
        side.resent = 0;
        return;
    }
    if (segment.length <= 1)
        return;
    if (!side.resent || side.resent_sequence != segment.sequence)
        side.resent = 0;
    side.resent_sequence = segment.sequence;
    const auto since = time_of(pinfo) - side.sent;
    ++side.resent;
    if ((side.resent != often && side.resent != too_often) || since < longest_repair)
        return;
    forget_unacknowledged(session);
    Note note{pinfo->num, connection.stream, diagnose_unacknowledged(from, side.resent, since)};
    note.certain = side.resent == too_often;
    session.transport.notes.add(std::move(note));
}

/// Who really resets a connection sends nothing of it any more.
void observe_life_after_reset(Session& session, const packet_info* pinfo, const Segment& segment, Transport::Side& side) {
    const auto* connection = session.connection_at(pinfo->num);
    if (!side.reset_in || !segment.length || !connection)
        return;
    const auto reset = std::exchange(side.reset_in, 0);
    session.transport.notes.remove_if(
        [&](const Note& note) { return note.packet == reset && note.finding.diagnosis == Diagnosis::reset_by_middlebox; });
    for (const bool here : {true, false}) { // at both packets; at the reset it is known from the second visit on
        Note note{here ? pinfo->num : reset, connection->stream,
                  diagnose_life_after_reset(session.direction(pinfo), reset, pinfo->num)};
        note.finding.about = here ? reset : pinfo->num;
        note.certain = here;
        session.transport.notes.add(std::move(note));
    }
}

/// A request whose segments are out of order may have ended in an earlier packet: its last bytes are not what comes last.
bool may_end_head(tvbuff_t* tvb, const Segment& segment) {
    constexpr std::string_view head_end = "\r\n\r\n";
    const auto end = segment.payload + segment.length;
    if (end > tvb_captured_length(tvb))
        return true;
    const auto size = std::min<std::size_t>(segment.length, head_end.size());
    return tvb_memeql(tvb, static_cast<int>(end - size), as_bytes(head_end.substr(head_end.size() - size)).data(), size) == 0;
}

void observe_pending(tvbuff_t* tvb, Session& session, const packet_info* pinfo, const Segment& segment, Direction from,
                     const OpeningHandshake& opening) {
    auto& transport = session.transport;
    if (transport.request_packet != opening.request_packet) { // this packet has it
        transport.request_packet = opening.request_packet;
        transport.request_sequence = segment.sequence;
        transport.request_end.reset();
        if (transport.tls || may_end_head(tvb, segment))
            transport.request_end = transport.sides[0].sequence.next();
        transport.retransmissions = 0;
        transport.acknowledged = transport.no_answer_noted = false;
        transport.answered_bytes = 0;
        if (auto& server = transport.sides[1]; !server.sequence.next() && (segment.flags & ACK))
            server.sequence.expect(segment.acknowledged);
    } else if (from == Direction::server_to_client) {
        transport.answered_bytes += segment.length;
        if ((segment.flags & ACK) && static_cast<std::int32_t>(segment.acknowledged - transport.request_sequence) > 0)
            transport.acknowledged = true;
    } else if (segment.length > 1 && segment.sequence == transport.request_sequence) { // one byte: a probe to keep alive
        observe_retransmission(session, pinfo, opening);
    }
}

/// From the next packet on; what follows the handshake first may not have been captured, or before it.
void begin_frames(Transport& transport, Connection& connection, const Segment& segment, Direction from) {
    transport.sides[0].unread = transport.sides[1].unread = 0;
    const auto end = segment.sequence + segment.length;
    const auto& handed = transport.handed_over;
    if (from == Direction::server_to_client && handed.packet == connection.from_packet)
        connection.decoder.expect(from, handed.end, handed.end);
    connection.decoder.expect(from, end, transport.sides[static_cast<std::size_t>(from)].sequence.next().value_or(end));
    // A proxy's dissector may keep what the client sent first, or a part of it.
    if (const auto client = std::exchange(transport.request_end, {});
        client && connection.answered && from == Direction::server_to_client)
        connection.decoder.expect(opposite(from), *client, *client);
    // A response acknowledges the request, which was perhaps not captured, or out of order.
    if (connection.answered && from == Direction::server_to_client && (segment.flags & ACK))
        connection.decoder.expect(opposite(from), segment.acknowledged, segment.acknowledged);
    if (const auto next = transport.sides[static_cast<std::size_t>(opposite(from))].sequence.next())
        connection.decoder.expect(opposite(from), *next, *next);
}

void observe(tvbuff_t* tvb, Session& session, packet_info* pinfo, const Segment& segment) {
    auto& transport = session.transport;
    transport.last_packet = pinfo->num;
    const auto from = session.direction(pinfo);
    auto& side = transport.sides[static_cast<std::size_t>(from)];
    if (!(segment.flags & RST)) {
        side.marks.note(segment.marks);
        observe_life_after_reset(session, pinfo, segment, side);
    } else if (!side.reset_in) {
        side.reset_in = pinfo->num;
    }
    const auto fresh = segment.length - side.sequence.advance(segment.sequence, segment.length).repeated;
    if (const auto* connection = session.connection_at(pinfo->num))
        observe_repeats(session, pinfo, segment, from, fresh, *connection);
    if (auto* connection = session.connection_at(pinfo->num)) {
        const bool decoded = connection->statistics.pieces != transport.pieces;
        transport.pieces = connection->statistics.pieces;
        if (connection->from_packet == pinfo->num)
            begin_frames(transport, *connection, segment, from);
        else
            side.unread = decoded ? 0 : side.unread + fresh;
    } else if (const auto* pending = session.pending()) {
        observe_pending(tvb, session, pinfo, segment, from, *pending);
    }
    if (segment.flags & (FIN | RST))
        observe_end(session, pinfo, segment, from);
}

/// A reset may come before the server sends anything else than its SYN.
void recall_syn(Session& session, packet_info* pinfo) {
    auto& server = session.transport.sides[1];
    if (server.marks.any() || session.transport.request_packet)
        return;
    if (const auto* conversation = find_conversation_of(pinfo); conversation && conversation->syn_marks)
        server.marks.note(*conversation->syn_marks);
}

} // namespace

bool all_was_seen(const Transport& transport, const Segment& segment, Direction from, bool decoded) {
    for (const auto& side : transport.sides) {
        if (side.sequence.missing())
            return false;
        if (decoded && side.unread > (transport.tls ? longest_alert : 0))
            return false;
    }
    const auto& other = transport.sides[from == Direction::client_to_server ? 1 : 0];
    // What the sender acknowledges was sent, whether it was captured or not. A FIN counts as one byte.
    const auto next = other.sequence.next();
    return !(segment.flags & ACK) || !next || static_cast<std::int32_t>(segment.acknowledged - *next) <= (other.fin ? 1 : 0);
}

bool observe_stream_end(Session& session, packet_info* pinfo, Direction by, bool reset, bool of_stream, bool certain) {
    Ending ending;
    ending.by = by;
    ending.reset = reset;
    ending.stream = of_stream;
    return end_session(session, pinfo, ending, certain);
}

void note_syn(tvbuff_t* tvb, packet_info* pinfo) {
    constexpr guint32 longest_syn = 160;
    Segment segment;
    if (pinfo->fd->pkt_len > longest_syn || !find_segment(tvb, pinfo, segment) || !(segment.flags & SYN))
        return;
    if (segment.flags & ACK)
        conversation_of(pinfo).syn_marks = segment.marks;
    await_request(pinfo);
}

bool watch_connection(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session) {
    Segment segment;
    if (!PINFO_FD_VISITED(pinfo) && find_segment(tvb, pinfo, segment)) {
        recall_syn(session, pinfo);
        if (!session.transport.tls && segment.length)
            session.transport.tls = has_tls(pinfo);
        observe(tvb, session, pinfo, segment);
    }
    return show_notes(tvb, pinfo, tree, session);
}

} // namespace ws
