// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/session.hpp"

#include <string>
#include <unordered_map>

namespace ws {

class Proxied;

/// Legs of proxies that make a handshake of their own: the same messages in the same order, each first on the leg that it came
/// by.
class SameMessages {
  public:
    /// The first visit: a side of this connection has sent its first messages, the last of them in this packet.
    void add(const MessageTrail& trail, Direction from, const packet_info* pinfo, Session& session, const Connection& connection,
             Proxied& proxied);

  private:
    struct Seen {
        Session* session;
        OpeningHandshake* opening;
        MessageTrail trail;
        Direction from;
        std::string client_address, server_address; ///< As bytes.
        guint32 server_port;
    };
    static bool is_passed_on(const Seen& client_leg, const Seen& server_leg);
    std::unordered_multimap<std::uint64_t, Seen> seen_; ///< By the trails' keys.
};

} // namespace ws
