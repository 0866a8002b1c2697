// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "diagnosis.hpp"
#include "frame.hpp"
#include "reset_evidence.hpp"
#include "timeouts.hpp"
#include "violations.hpp"

#include <optional>
#include <vector>

namespace ws {

/// A sign of life that one side wanted from the other, and did not get.
struct MissingSign {
    const char* name = nullptr; ///< "ping", "Engine.IO ping", …; null: none is missing.
    std::uint32_t packet = 0;   ///< The question, or the last sign that came.
    std::int64_t since = 0;     ///< Nanoseconds.
    std::uint32_t count = 0;    ///< Questions without an answer; 0: the other side's own signs stopped.
};

/// What a client must or may not accept of the 101 that it got.
struct Dislike {
    enum class Kind : std::uint8_t { nothing, no_subprotocol, violation };
    Kind kind = Kind::nothing;
    Violation violation{}; ///< Of the response.
};

/// What is known of a connection when it ends, or one side says that it will.
struct ConnectionFacts {
    std::int64_t age = 0;               ///< Since the upgrade, nanoseconds.
    std::int64_t silence = 0;           ///< Since the last frame of either side.
    std::int64_t lazy_silence = 0;      ///< The same by a timer that is armed lazily (see Statistics::armed).
    std::int64_t silence_of[2] = {};    ///< Of each side, indexed by Direction; since the upgrade if it never said anything.
    std::int64_t gap = 0;               ///< How long both were silent before the last frame.
    std::uint32_t began_in = 0;         ///< The packet of the 101.
    bool client_spoke = false;          ///< It sent a frame.
    MissingSign missing[2];             ///< Indexed by the Direction of the side that waits.
    std::uint32_t last_message[2] = {}; ///< Packets, indexed by Direction; 0: none.
    std::uint32_t violation_packet[2] = {};
    Violation violation[2] = {};
    Dislike dislike;
    PeerMarks marks;
};

/// A Close frame.
struct CloseFacts {
    Direction from;
    std::optional<std::uint16_t> code;
    std::string_view reason; ///< UTF-8, or not.
};
/// Why the first Close frame of a connection was sent.
std::vector<Finding> diagnose_close(const CloseFacts& close, const ConnectionFacts& connection);

/// How a connection ended without having been closed properly.
struct Ending {
    Direction by;
    bool reset = false;             ///< RST, else FIN.
    bool stream = false;            ///< Of HTTP/2, in place of a TCP connection.
    bool handshake_pending = false; ///< The request was not answered.
    std::int64_t since_request = 0; ///< Nanoseconds.
    std::uint32_t retransmissions = 0;
    std::uint64_t answered_bytes = 0; ///< Of the server, that made no response.
    ConnectionFacts connection;       ///< Unless the handshake is pending.
    struct Unanswered {
        Direction from;
        std::uint32_t packet;
        std::int64_t since; ///< Nanoseconds.
    };
    std::optional<Unanswered> close; ///< A Close frame that had no answer.
    ResetEvidence against;           ///< What speaks against the reset.
};
/// Everything that is to be said about it.
std::vector<Finding> diagnose_ending(const Ending& ending);

/// This side was said to have reset the connection, in the first packet, and goes on sending, in the second.
Finding diagnose_life_after_reset(Direction from, std::uint32_t reset, std::uint32_t packet);

/// The request is sent again and again.
Finding diagnose_no_answer(std::uint32_t retransmissions, std::int64_t since_request);
/// Data of one side is sent again and again, for `since` nanoseconds.
Finding diagnose_unacknowledged(Direction from, std::uint32_t retransmissions, std::int64_t since);
/// An HTTP response where frames belong; `words` are its status, and what it says.
Finding diagnose_http_in_frames(std::string_view words);
/// `count` connections of one server ended in the same second.
Finding diagnose_ended_together(std::uint32_t count, std::string_view server);

/// A message that others may fail on.
constexpr bool is_notable(bool compressed, std::uint64_t wire_length) {
    return compressed && !wire_length;
}
/// One that is_notable(), of `from`.
Finding diagnose_message(Direction from);

} // namespace ws
