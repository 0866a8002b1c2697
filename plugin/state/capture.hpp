// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/conversation.hpp"
#include "state/end_groups.hpp"
#include "state/http3_stream.hpp"
#include "state/proxied.hpp"
#include "state/revisits.hpp"
#include "state/same_messages.hpp"

#include <unordered_map>

namespace ws {

/// All that is remembered of the open capture file.
struct Capture {
    Revisits revisits;
    Sessions sessions;
    std::deque<Conversation> conversations;
    std::pair<const conversation_t*, Conversation*> last_found; ///< Several parts of the plugin ask about each packet.
    bool decodes_http2 = false;                                 ///< The plugin is called for HTTP/2.
    std::size_t http2_connections = 0;

    std::size_t begun_requests = 0; ///< Awaited, and not whole so far.
    std::size_t suspects = 0;
    guint32 asked_by_tcp = 0;   ///< The last packet whose payload TCP offered to the plugin's heuristics.
    guint32 asked_with_get = 0; ///< Likewise the last that may be a request.
    SegmentCounts segments{};

    ConnectTargets connect_targets;
    bool connect_seen = false;

    std::unordered_map<const void*, Http3Stream> http3_streams; ///< By what HTTP/3 tells of them on their first visit.

    /// How often connections ended after a silence, by its length in steps.
    std::unordered_map<std::int64_t, std::uint32_t> silences;
    EndGroups end_groups;
    Proxied proxied;
    SameMessages same_messages;

    /// A port that no TCP header can have, and no other call returned.
    guint32 new_port() { return ++last_port_; }

  private:
    guint32 last_port_ = 0x10000;
};
extern Capture* capture; ///< Null while no file is open.

/// When Wireshark opens a file, and when it closes it.
void open_capture();
void close_capture();

/// What is remembered of the packet's TCP conversation, or null.
Conversation* find_conversation_of(packet_info* pinfo);
/// The same, made on first use.
Conversation& conversation_of(packet_info* pinfo);

/// The HTTP/2 connection of this packet, or null.
Http2Connection* find_http2(packet_info* pinfo);

/// Of those that share a conversation this one is shown now.
void note_shown(packet_info* pinfo, const Connection& connection);

/// The session of the packet's TCP conversation, or null.
Session* find_session(packet_info* pinfo);
/// The connection that the packet shows, of several on HTTP/2 or HTTP/3 the last, or null.
const Connection* connection_shown(packet_info* pinfo);
/// Its number, or that of a handshake without one.
std::optional<std::uint32_t> stream_shown(packet_info* pinfo);
/// The same, made on first use with the packet's sender as the client (or the server).
Session& session_of(packet_info* pinfo, Direction direction);

} // namespace ws
