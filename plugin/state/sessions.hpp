// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include "dissector/connection.hpp"
#include "dissector/diagnosis.hpp"
#include "dissector/handshake.hpp"
#include "dissector/tally.hpp"
#include "flow/endings.hpp"
#include "flow/http_conversations.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ws {

/// One request to upgrade and its response; either may be missing in the capture.
struct Exchange {
    std::uint32_t stream = 0;
    bool request_captured = false;
    std::uint32_t request_packet = 0; ///< Of the response if the request was not captured.
    std::uint32_t request_ordinal = 0;
    nstime_t request_time{};
    std::uint32_t response_packet = 0; ///< 0: not seen so far.
    std::uint32_t response_ordinal = 0;
    Offer offer;
    std::string accept;             ///< Sec-WebSocket-Accept, as long as no request was captured.
    RequestNotes notes;             ///< What a response is explained with.
    std::uint32_t others_first = 0; ///< Responses to ordinary requests that were sent before this one (pipelining).
};

/// What a subdissector left over of one direction's messages: it may speak a protocol of its own whose units span messages, as
/// MQTT's may (MQTT 3.1.1, 6).
struct Leftover {
    /// What the subdissector was given, or not, with one message; for later visits.
    struct Before {
        std::vector<std::uint8_t> bytes; ///< It was put behind these.
        bool waits = false;              ///< It was not enough: nothing was given.
    };
    std::vector<std::uint8_t> bytes;                ///< Wait for the next message.
    std::size_t needed = 0;                         ///< As many bytes in all; 0: how many is not known.
    std::map<std::uint32_t, Before> before_message; ///< By message number, where there is something to tell.
};

/// What one side sent before the connection was recognised.
struct Earlier {
    struct Captured {
        Piece piece;
        std::vector<std::uint8_t> bytes; ///< Of the piece.
    };
    std::vector<Captured> pieces;
    std::uint32_t shown_in = 0; ///< The next packet of this side; 0: none so far.
};

/// A WebSocket connection that came to be, from its 101 response on.
struct Upgraded {
    std::uint32_t stream;
    std::uint32_t from_packet;
    std::string subprotocol;         ///< Empty: none.
    dissector_handle_t subdissector; ///< Of its messages, or null.
    Connection connection;
    Leftover leftover[2] = {}; ///< Indexed by Direction.
    Tally tally = {};
    /// TCP asked another dissector first, and may hold packets back for it: each packet's own payload counts.
    bool by_packet = false;
    std::vector<std::uint32_t> held_back = {}; ///< Packets with new bytes that TCP did not hand over, in order.
    Earlier earlier[2] = {};                   ///< Indexed by Direction.
    bool answered = false;                     ///< It began with a response.
};

/// What one TCP connection, or one stream of HTTP/2, is known to carry. It lives as long as the capture file is open.
class Session {
  public:
    Session(const address& client, std::uint32_t client_port);

    Direction direction(const packet_info* pinfo) const;
    bool is_client(const address& end, std::uint32_t port) const {
        return port == client_port_ && addresses_equal(&end, &client_);
    }

    /// The first visit: a request to upgrade, with this Sec-WebSocket-Key. Its response may have been captured before it.
    Exchange& add_request(packet_info* pinfo, std::uint32_t ordinal, std::string_view key);
    /// The first visit: a response; of the oldest request without one, or of one that was not captured.
    Exchange& add_response(packet_info* pinfo, std::uint32_t ordinal);
    /// The first visit: from this packet on frames are exchanged.
    Upgraded& upgrade(packet_info* pinfo, std::uint32_t stream, const Negotiated& negotiated, std::string_view subprotocol);

    /// The first visit: frames follow a request whose response was not captured.
    Upgraded& upgrade_unanswered(packet_info* pinfo);

    Exchange* find_request(std::uint32_t packet, std::uint32_t ordinal);
    Exchange* find_response(std::uint32_t packet, std::uint32_t ordinal);
    /// A request waits for its response.
    bool awaits_response() const { return answered_ < exchanges_.size(); }
    /// The first visit: a response that belongs to an ordinary request before the oldest that waits.
    bool is_for_another();
    /// Requests that wait for their responses.
    std::uint32_t waiting() const { return static_cast<std::uint32_t>(exchanges_.size() - answered_); }
    /// The oldest request that waits for its response, or null.
    const Exchange* pending() const { return awaits_response() ? exchanges_[answered_].get() : nullptr; }
    /// The request in this packet has its response.
    bool answered(std::uint32_t request_packet) const;
    /// The connection whose frames this packet may carry, or null; the last if there are two.
    Upgraded* upgraded_at(std::uint32_t packet);
    /// The one whose frames come next in this visit of the packet: it may begin with the end of another.
    Upgraded* upgraded_now(packet_info* pinfo);

    static std::uint32_t new_stream();

    Transport transport;
    HttpApart http;

  private:
    address client_;
    std::uint32_t client_port_;
    std::vector<std::unique_ptr<Exchange>> exchanges_;
    std::size_t answered_ = 0; ///< Of exchanges_, from the front.
    std::vector<std::unique_ptr<Upgraded>> upgraded_;
};

/// The response that upgrades to this stream was passed in this visit of the packet.
void pass_response(packet_info* pinfo, std::uint32_t stream);

/// A port that no TCP header can have, and no other call returned.
guint32 new_port();

/// The session of the packet's conversation, or null.
Session* find_session(packet_info* pinfo);
/// The same, made on first use with the packet's sender as the client (or the server).
Session& session_of(packet_info* pinfo, Direction direction);

/// Is there any in this file so far?
bool any_session();
/// One of several on a connection, as streams of HTTP/2 are: no conversation leads to it.
Session& new_session(const address& client, std::uint32_t client_port);

/// Could this packet be dissected again? A program that does not keep its packets, like tshark without -2, cannot come back to
/// them, and then nothing needs to be remembered for later visits.
bool may_revisit(packet_info* pinfo);

void register_sessions();

} // namespace ws
