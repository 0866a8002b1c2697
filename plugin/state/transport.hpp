// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/connection.hpp"
#include "state/notes.hpp"
#include "state/opening_handshake.hpp"
#include "wireshark/times.hpp"

#include "dissector/reset_evidence.hpp"
#include "dissector/sequence_tracker.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ws {

/// What TCP's own packets tell of a connection; part of its session.
struct Transport {
    struct Side {
        SequenceTracker sequence;
        std::uint64_t unread = 0; ///< New bytes since the last that were decoded.
        SenderMarks marks;
        std::uint32_t reset_in = 0; ///< The packet of its reset; 0: none.
        bool fin = false;
        // Data that is sent again and again
        std::uint32_t resent_sequence = 0;
        std::uint32_t resent = 0; ///< So many times since it was last acknowledged, or new.
        std::int64_t sent = 0;    ///< When new data was sent last, nanoseconds.
    };
    struct Summary {
        std::uint32_t packet;
        const OpeningHandshake* opening; ///< Null: not captured.
        const Connection* connection;    ///< Null: refused.
        Statistics statistics;           ///< As they were then.
        std::optional<FirstClose> close;
    };

    Side sides[2]; ///< Indexed by Direction.
    bool tls = false;
    bool ended = false;
    bool peer_is_silent = false; ///< One side closed because the other did not answer: nor will it answer the Close.
    /// Which side ended it first, and how.
    struct FirstEnd {
        Direction by{};
        bool reset = false;
        std::int64_t time = 0; ///< Nanoseconds; 0: it goes on.
    } first_end;
    std::uint32_t last_packet = 0; ///< Of the connection, so far.
    std::uint32_t pieces = 0;      ///< The upgraded connection had so many before this packet.
    // The request that waits for its response
    std::uint32_t request_packet = 0; ///< 0: none.
    std::uint32_t request_sequence = 0;
    std::optional<std::uint32_t> request_end; ///< Sequence number of the byte after it, where the client's frames begin.
    /// What TCP handed over last of the server's bytes: more than this packet's own, where others were put together with it.
    struct HandedOver {
        std::uint32_t packet = 0;
        std::uint32_t end = 0; ///< Sequence number of the byte after it.
    } handed_over;
    std::uint32_t retransmissions = 0;
    bool acknowledged = false;
    bool no_answer_noted = false;
    std::uint64_t answered_bytes = 0;

    Notes notes;
    std::unique_ptr<Summary> summary; ///< Once the connection is over.
};

} // namespace ws
