// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "dissector/connection_decoder.hpp"
#include "dissector/diagnosis.hpp"
#include "dissector/sequence_tracker.hpp"
#include "dissector/statistics.hpp"

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
        int ttl = -1;             ///< All its packets have it; -1: none, or they differ.
        bool ttl_varies = false;
        bool fin = false;
    };
    /// What a packet shows beside its frames; kept for later visits.
    struct Note {
        std::uint32_t packet;
        std::uint32_t stream;
        Diagnosis diagnosis;
        std::string text;
        std::int64_t silence = 0;          ///< idle_timeout: how long, in nanoseconds.
        std::uint32_t unless_answered = 0; ///< The request's packet: shown only if it was never answered.
        bool certain = true;               ///< Else known from the second visit on.
    };
    struct Summary {
        std::uint32_t packet;
        std::uint32_t stream;
        std::int64_t end;
        Statistics statistics;
        std::optional<FirstClose> close;
    };

    Side sides[2]; ///< Indexed by Direction.
    bool tls = false;
    bool ended = false;
    std::uint32_t pieces = 0; ///< The upgraded connection had so many before this packet.
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

    std::vector<Note> notes;
    std::unique_ptr<Summary> summary; ///< Once the connection is over.
};

} // namespace ws
