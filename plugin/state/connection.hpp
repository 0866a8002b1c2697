// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include "dissector/application_compression.hpp"
#include "dissector/connection_decoder.hpp"
#include "dissector/continuation.hpp"
#include "dissector/ending_diagnosis.hpp"
#include "dissector/heartbeats.hpp"
#include "dissector/message_trail.hpp"
#include "dissector/statistics.hpp"
#include "dissector/subprotocols/subprotocol_reader.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ws {

/// What messages leave to later ones; by Direction.
struct UnfinishedContent {
    Continuation leftover[2];                     ///< By Wireshark's dissector of them.
    std::unique_ptr<ApplicationStream> stream[2]; ///< Null: none.
};

/// What one side sent before the connection was recognised.
struct Backlog {
    struct Captured {
        StreamData piece;
        std::vector<std::uint8_t> bytes; ///< The piece's.
    };
    std::vector<Captured> pieces;
    std::uint32_t shown_in = 0; ///< The next packet of this side; 0: none so far.
};

/// A WebSocket connection that came to be, from its 101 response on.
struct Connection {
    std::uint32_t stream;
    std::uint32_t from_packet;
    std::uint16_t server_port;
    std::string subprotocol; ///< Empty: none.
    ConnectionDecoder decoder;
    dissector_handle_t subdissector = nullptr; ///< Who reads its messages, or null; looked up for the first of them.
    bool subdissector_known = false;
    std::unique_ptr<SubprotocolReader> subprotocol_reader = {}; ///< Null: the plugin does not read its messages itself.
    std::unique_ptr<UnfinishedContent> unfinished = {};         ///< Null: none so far.
    Statistics statistics = {};
    PeerMarks marks = {};
    Dislike dislike = {};
    std::unique_ptr<Heartbeats> heartbeats = {};  ///< Null: none so far.
    std::unique_ptr<MessageTrail> trails[2] = {}; ///< Indexed by Direction; null: no message so far, or more than are compared.
    /// TCP asked another dissector first, and may hold packets back for it: each packet's own payload counts.
    bool from_raw_packets = false;
    std::vector<std::uint32_t> held_back = {}; ///< Packets with new bytes that TCP did not hand over, in order.
    std::unique_ptr<Backlog> backlog[2] = {};  ///< Indexed by Direction; null: none.
    bool answered = false;                     ///< It began with a response.
    std::uint32_t head_end = 0;                ///< Bytes of a response before its first frame, in the packet that it begins in.
};

static_assert(sizeof(Connection) <= 1000, "A capture may have a million of them");

} // namespace ws
