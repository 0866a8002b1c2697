// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/session.hpp"

#include "dissector/http2.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ws {

/// What one HTTP/2 connection carries. It lives as long as the capture file is open.
class Http2Connection {
  public:
    Http2Connection(const packet_info* pinfo, Sessions& sessions);

    /// Which end sent this packet: 0 or 1.
    std::size_t side(const packet_info* pinfo) const;

    /// What a chunk of the byte stream means for one WebSocket connection.
    struct Event {
        Http2Event::Kind kind;
        Session* session;
        std::uint32_t offset;
        std::uint32_t length;
        std::uint32_t sequence; ///< Data: a number of its first byte, as TCP has them.
        std::string_view head;
    };
    using Events = List<Event>;

    /// The first visit: bytes that follow those of that side before, but for the first `repeated`. `revisits`: again() may be
    /// asked for them.
    Events read(packet_info* pinfo, Bytes bytes, std::uint32_t repeated, std::uint32_t ordinal, bool revisits);
    /// A later visit.
    Events again(packet_info* pinfo, std::uint32_t ordinal) const;
    /// The first visit: bytes of that side were not captured.
    void lose(std::size_t side);

    /// The first visit: the TCP connection ends, or this stream does.
    void note_end(std::uint32_t packet, Session& session) { ended_.push_back({packet, &session}); }
    /// Calls `visit(session)` for each stream that is not over.
    template <class Visit>
    void for_each_open(Visit visit) {
        for (auto& [number, stream] : streams_)
            visit(*stream.session);
    }
    /// Calls `visit(session)` for each stream that ended in this packet.
    template <class Visit>
    void for_each_ended(std::uint32_t packet, Visit visit) const {
        auto it = std::lower_bound(ended_.begin(), ended_.end(), packet,
                                   [](const Ended& e, std::uint32_t number) { return e.packet < number; });
        for (; it != ended_.end() && it->packet == packet; ++it)
            visit(*it->session);
    }

    /// On a port of nobody Wireshark's dissector is not called before WebSocket was seen, and then for each side from the packet
    /// on in which a frame ends: together with that frame's bytes from earlier packets.
    struct Beginning {
        std::uint32_t packet = 0; ///< 0: none so far.
        std::vector<std::uint8_t> before;
    };
    /// The first visit, before read(): from now on they are looked for.
    void look_for_beginnings() { looks_for_beginnings_ = true; }
    const Beginning& beginning(const packet_info* pinfo) const { return beginnings_[side(pinfo)]; }
    bool carries_websocket() const { return carries_websocket_; }

    SequenceTracker tcp_sequence[2]; ///< What HTTP/2 was handed of each side, where TCP's numbers are known.
    Transport transport;             ///< What TCP's packets tell, by side instead of Direction.
    bool whole = true;               ///< No byte is known to be missing.

  private:
    struct Stream {
        Session* session;
        std::uint32_t sequence[2]; ///< The next byte has this number; indexed by Direction.
        unsigned ends;
    };
    struct Record {
        std::uint32_t packet;
        std::uint32_t ordinal;
        std::vector<Event> events;
        std::vector<std::string> heads; ///< What their `head` points into.
    };
    struct Ended {
        std::uint32_t packet;
        Session* session;
    };
    Session& begin(packet_info* pinfo, const Http2Event& event);
    void look_for_beginning(const packet_info* pinfo, Bytes bytes, std::size_t unfinished_before);

    Sessions& all_sessions_;
    Http2 http2_;
    address end_; ///< Side 0.
    std::uint32_t port_;
    std::map<std::uint32_t, Stream> streams_;
    std::vector<std::unique_ptr<Record>> records_;
    std::vector<Ended> ended_;
    std::size_t sessions_ = 0;
    bool carries_websocket_ = false; ///< A request for it, or the answer to one, was seen.
    bool looks_for_beginnings_ = false;
    Beginning beginnings_[2];
};

} // namespace ws
