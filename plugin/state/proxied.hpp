// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/session.hpp"

#include <deque>
#include <string>
#include <unordered_map>

namespace ws {

/// Both legs of connections that a proxy passes on, where a file holds both: the proxy sends the request on, with its
/// Sec-WebSocket-Key, while the client waits for the response.
class Proxied {
  public:
    /// The first visit: this packet's request with this key waits for its response in this session. Links it with one that waits
    /// already, of another server.
    void add(std::string_view key, const packet_info* pinfo, Session& session, OpeningHandshake& opening);
    /// The first visit: it waits no more.
    void answered(std::string_view key, const OpeningHandshake& opening);
    /// The first visit: these are the client's connection to a proxy, and the proxy's to the server.
    void link(Session& client, OpeningHandshake& client_opening, Session& server, OpeningHandshake& server_opening);

  private:
    struct Waiting {
        Session* session;
        OpeningHandshake* opening;
        std::string server; ///< Address and port, as bytes.
    };
    std::unordered_map<std::string, Waiting> waiting_;
    std::deque<ProxiedPair> pairs_; ///< They stay where they are.
};

} // namespace ws
