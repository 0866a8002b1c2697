// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/connection.hpp"
#include "state/http_conversations.hpp"
#include "state/opening_handshake.hpp"
#include "state/transport.hpp"

#include <deque>
#include <memory>
#include <vector>

namespace ws {

/// What one TCP connection, or one stream of HTTP/2, is known to carry. It lives as long as the capture file is open.
class Session {
  public:
    /// `streams`: how many connections the file has so far.
    Session(const address& client, std::uint32_t client_port, std::uint32_t& streams);

    Direction direction(const packet_info* pinfo) const;
    bool is_client(const address& end, std::uint32_t port) const {
        return port == client_port_ && addresses_equal(&end, &client_);
    }

    /// The first visit: a request to upgrade, with this Sec-WebSocket-Key. Its response may have been captured before it.
    OpeningHandshake& add_request(packet_info* pinfo, std::uint32_t ordinal, std::string_view key);
    /// The first visit: a response; of the oldest request without one, or of one that was not captured.
    OpeningHandshake& add_response(packet_info* pinfo, std::uint32_t ordinal);
    /// The first visit: from this packet on frames are exchanged.
    Connection& upgrade(packet_info* pinfo, std::uint32_t stream, const Negotiated& negotiated, std::string_view subprotocol);

    /// The first visit: frames follow a request whose response was not captured.
    Connection& upgrade_unanswered(packet_info* pinfo);

    OpeningHandshake* find_request(std::uint32_t packet, std::uint32_t ordinal);
    OpeningHandshake* find_response(std::uint32_t packet, std::uint32_t ordinal);
    /// A request waits for its response.
    bool awaits_response() const { return answered_ < openings_.size(); }
    /// The first visit: a response that belongs to an ordinary request before the oldest that waits.
    bool is_for_another();
    /// Requests that wait for their responses.
    std::uint32_t waiting() const { return static_cast<std::uint32_t>(openings_.size() - answered_); }
    /// The oldest request that waits for its response, or null.
    const OpeningHandshake* pending() const { return awaits_response() ? openings_[answered_].get() : nullptr; }
    /// The request in this packet has its response.
    bool answered(std::uint32_t request_packet) const;
    /// The connection whose frames this packet may carry, or null; the last if there are two.
    Connection* connection_at(std::uint32_t packet);
    /// What a layer says of this one.
    Whose whose(std::uint32_t stream, Direction direction) const;
    /// The first handshake of that number, or null.
    OpeningHandshake* opening_of_stream(std::uint32_t stream) const;
    /// The handshake of a connection, or null; of none: the last.
    const OpeningHandshake* opening_of(const Connection* connection) const;
    /// The one whose frames come next in this visit of the packet: it may begin with the end of another.
    Connection* connection_now(packet_info* pinfo);

    std::uint32_t http2_stream = 0; ///< Which one of an HTTP/2 connection; 0: it has the TCP connection for itself.
    Transport transport;
    HttpConversations http;

  private:
    std::uint32_t new_stream() { return streams_++; }

    address client_;
    std::uint32_t client_port_;
    std::uint32_t& streams_;
    std::vector<std::unique_ptr<OpeningHandshake>> openings_;
    std::size_t answered_ = 0; ///< So many of openings_ have their response, from the front.
    std::vector<std::unique_ptr<Connection>> connections_;
};

/// All of a file. They stay where they are.
class Sessions {
  public:
    bool empty() const { return all_.empty(); }
    Session& add(const address& client, std::uint32_t client_port) { return all_.emplace_back(client, client_port, streams_); }
    /// How many connections the file has so far: their numbers are below.
    std::uint32_t streams() const { return streams_; }

  private:
    std::deque<Session> all_;
    std::uint32_t streams_ = 0;
};

/// The response that upgrades to this stream was passed in this visit of the packet.
void pass_response(packet_info* pinfo, std::uint32_t stream);

} // namespace ws
