// SPDX-License-Identifier: GPL-2.0-or-later
// What is known of a connection when it ends, and what is noted of it.
#pragma once

#include "state/session.hpp"
#include "view/layer.hpp"

namespace ws {

ConnectionFacts facts_of(const Connection& connection, std::int64_t now);

/// The first visit: what one side says with a frame for the connection's life.
void note_heartbeat(const Frame& frame, Direction from, const StreamData& piece, Connection& connection);

/// The first visit: a message that the other side of a proxy may have sent, or will.
void note_message(const Frame& frame, Direction from, packet_info* pinfo, Session& session, Connection& connection);

/// The first visit: why the first Close frame came.
void note_close(const Frame& frame, Direction from, packet_info* pinfo, Session& session, const Connection& connection);

/// The same where the Close frame is shown.
void show_close_notes(const FrameTree& shown, packet_info* pinfo, Session& session, const Connection& connection,
                      const Frame& frame);

/// What a message means for the other side, where it is shown.
void show_message_notes(const FrameTree& shown, packet_info* pinfo, Session& session, const Connection& connection,
                        Direction direction, const Frame& frame);

/// The first visit: `findings` of a connection's end in this packet. `stream`: its number.
void note_findings(Session& session, const packet_info* pinfo, std::uint32_t stream, std::vector<Finding> findings);

/// The first visit: how long a connection was silent that a timer ended, nanoseconds.
void count_silence(std::int64_t silence);

/// The first visit: the server ended a connection, and no timer tells why.
void note_end_of_server(Session& session, packet_info* pinfo, const Connection& connection);

/// The note as it is shown in this visit; empty: it is not.
std::optional<Diagnosed> shown_of(const Note& note, packet_info* pinfo, const Session& session);

} // namespace ws
