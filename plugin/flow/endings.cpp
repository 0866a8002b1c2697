// SPDX-License-Identifier: GPL-2.0-or-later
// The ends of connections: FIN, RST and retransmissions carry nothing for the frames' dissector, but every packet passes the
// post-dissector.
#include "flow/endings.hpp"

#include "flow/awaited_request.hpp"
#include "state/capture.hpp"
#include "view/diagnosis_fields.hpp"
#include "view/frame_fields.hpp"
#include "view/session_fields.hpp"
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
/// Silences are the same if they agree to half a second.
constexpr std::int64_t silence_step = second / 2;

std::int64_t now(const packet_info* pinfo) {
    return static_cast<std::int64_t>(pinfo->abs_ts.secs) * second + pinfo->abs_ts.nsecs;
}

void note_ttl(Transport::Side& side, int ttl) {
    if (side.ttl >= 0 && side.ttl != ttl)
        side.ttl_varies = true;
    side.ttl = ttl;
}

void note(Session& session, const packet_info* pinfo, std::uint32_t stream, std::vector<EndingNote>& found,
          std::int64_t silence) {
    for (auto& ending : found) {
        Transport::Note note{pinfo->num, stream, ending.diagnosis, std::move(ending.text)};
        if (ending.diagnosis == Diagnosis::idle_timeout) {
            note.silence = silence;
            ++capture->silences[(silence + silence_step / 2) / silence_step];
        }
        session.transport.notes.push_back(std::move(note));
    }
}

/// FIN or RST while the request waits.
void end_during_handshake(Session& session, const packet_info* pinfo, const OpeningHandshake& opening, Ending& ending) {
    ending.handshake_pending = true;
    ending.since_request =
        now(pinfo) - (static_cast<std::int64_t>(opening.request_time.secs) * second + opening.request_time.nsecs);
    ending.retransmissions = session.transport.retransmissions;
    ending.answered_bytes = session.transport.answered_bytes;
    auto found = diagnose_ending(ending);
    note(session, pinfo, opening.stream, found, 0);
    for (auto it = session.transport.notes.end() - static_cast<std::ptrdiff_t>(found.size()); it != session.transport.notes.end();
         ++it)
        it->unless_answered = opening.request_packet;
}

void end_connection(Session& session, const packet_info* pinfo, const Connection& connection, Ending& ending) {
    ending.silence = now(pinfo) - connection.statistics.last;
    auto found = diagnose_ending(ending);
    note(session, pinfo, connection.stream, found, ending.silence);
}

/// One side ends the connection, or the stream. `certain`: no byte of it is missing. Returns false if it was over before, or had
/// nothing of WebSocket.
bool end_session(Session& session, const packet_info* pinfo, Ending& ending, bool certain) {
    auto& transport = session.transport;
    auto& side = transport.sides[static_cast<std::size_t>(ending.by)];
    const bool first_end = !transport.sides[0].fin && !transport.sides[1].fin;
    auto* connection = session.connection_at(pinfo->num);
    const auto* pending = connection ? nullptr : session.pending();
    if (transport.ended || (!connection && !pending))
        return false;
    if (pending && first_end && certain)
        end_during_handshake(session, pinfo, *pending, ending);
    else if (connection && first_end && certain && !connection->decoder.first_close() &&
             !connection->statistics.sides[0].uncertain && !connection->statistics.sides[1].uncertain)
        end_connection(session, pinfo, *connection, ending);
    side.fin = side.fin || !ending.reset;
    transport.ended = ending.reset || (transport.sides[0].fin && transport.sides[1].fin);
    if (transport.ended && connection)
        transport.summary.reset(new Transport::Summary{pinfo->num, connection->stream, now(pinfo), connection->statistics,
                                                       connection->decoder.first_close()});
    return true;
}

/// One side ends the TCP connection.
void observe_end(Session& session, const packet_info* pinfo, const Segment& segment, Direction from) {
    const auto& transport = session.transport;
    const auto& side = transport.sides[static_cast<std::size_t>(from)];
    Ending ending;
    ending.by = from;
    ending.reset = (segment.flags & RST) != 0;
    if (side.fin && !ending.reset) // sent once more
        return;
    if (!side.ttl_varies && ending.reset) {
        ending.ttl = segment.ttl;
        ending.usual_ttl = side.ttl;
    }
    const bool decoded = session.connection_at(pinfo->num) != nullptr;
    end_session(session, pinfo, ending, all_was_seen(transport, segment, from, decoded));
}

/// The request is sent once more.
void observe_retransmission(Session& session, const packet_info* pinfo, const OpeningHandshake& opening) {
    auto& transport = session.transport;
    ++transport.retransmissions;
    const auto since = now(pinfo) - (static_cast<std::int64_t>(opening.request_time.secs) * second + opening.request_time.nsecs);
    if (transport.no_answer_noted || transport.acknowledged)
        return;
    // Loss repeats a request once; only what goes on is told at once.
    const bool certain = transport.retransmissions > 1 || since >= second;
    transport.no_answer_noted = certain;
    if (certain)
        std::erase_if(transport.notes, [](const Transport::Note& n) { return !n.certain; });
    transport.notes.push_back({pinfo->num, opening.stream, Diagnosis::no_answer, no_answer_text(transport.retransmissions, since),
                               0, opening.request_packet, certain});
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

void observe(tvbuff_t* tvb, Session& session, const packet_info* pinfo, const Segment& segment) {
    auto& transport = session.transport;
    const auto from = session.direction(pinfo);
    auto& side = transport.sides[static_cast<std::size_t>(from)];
    if (!(segment.flags & RST))
        note_ttl(side, segment.ttl);
    const auto fresh = segment.length - side.sequence.advance(segment.sequence, segment.length).repeated;
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

/// How many connections of the file fell silent for as long.
std::uint32_t alike(std::int64_t silence) {
    const auto step = (silence + silence_step / 2) / silence_step;
    std::uint32_t count = 0;
    for (std::int64_t at = step - 1; at <= step + 1; ++at)
        if (const auto it = capture->silences.find(at); it != capture->silences.end())
            count += it->second;
    return count;
}

bool shown(Session& session, const packet_info* pinfo, const Transport::Note& note) {
    if (!PINFO_FD_VISITED(pinfo))
        return note.certain;
    return !note.unless_answered || !session.answered(note.unless_answered);
}

/// A reset may come before the server sends anything else than its SYN.
void recall_syn(Session& session, packet_info* pinfo) {
    auto& server = session.transport.sides[1];
    if (server.ttl >= 0 || session.transport.request_packet)
        return;
    if (const auto* conversation = find_conversation_of(pinfo))
        server.ttl = conversation->syn_ttl;
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

bool show_notes(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Session& session) {
    const auto& transport = session.transport;
    const auto first = std::lower_bound(transport.notes.begin(), transport.notes.end(), pinfo->num,
                                        [](const Transport::Note& n, std::uint32_t packet) { return n.packet < packet; });
    const auto* summary = transport.summary.get();
    proto_tree* layer = nullptr;
    const auto in_layer = [&](std::uint32_t stream) {
        if (!layer)
            layer = add_layer(tree, {tvb, 0}, 0, "Connection", stream, session.direction(pinfo));
        return layer;
    };
    for (auto it = first; it != transport.notes.end() && it->packet == pinfo->num; ++it) {
        if (!shown(session, pinfo, *it))
            continue;
        const char* text = it->text.c_str();
        const auto count = it->silence ? alike(it->silence) : 0;
        if (count > 1)
            text = wmem_strdup_printf(pinfo->pool, "%s %u connections of this file ended after the same silence.", text, count);
        add_diagnosis(in_layer(it->stream), pinfo, tvb, 0, 0, it->diagnosis, text);
    }
    if (summary && summary->packet == pinfo->num)
        add_session_summary(in_layer(summary->stream), tvb, summary->statistics, summary->close, summary->end);
    return layer != nullptr;
}

bool observe_stream_end(Session& session, const packet_info* pinfo, Direction by, bool reset, bool of_stream, bool certain) {
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
        conversation_of(pinfo).syn_ttl = segment.ttl;
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
    return tree && show_notes(tvb, pinfo, tree, session);
}

} // namespace ws
