// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "http_head.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ws {

/// Which clock a timer is compared with; see timeouts.def.
enum class Timer : std::uint8_t { idle, idle_server, idle_client, lifetime, no_pong };
/// How it ends a connection.
enum TimerEnd : std::uint8_t { by_fin = 1, by_rst = 2, by_close = 4, by_forgetting = 8 };
/// Where a product shows itself.
enum class MarkPlace : std::uint8_t { none, server, via, header, host, path, subprotocol, reason };
enum class MarkNeed : std::uint8_t { may, must };

struct TimeoutInfo {
    const char* who;
    Timer timer;
    std::uint32_t seconds;
    std::uint8_t ends; ///< TimerEnd
    MarkPlace place;
    const char* mark; ///< In any case.
    MarkNeed need;
    const char* source;
};

/// The rows of timeouts.def.
std::span<const TimeoutInfo> timeout_table();

/// What is known of the products on a connection's way.
struct PeerMarks {
    std::uint64_t seen = 0;    ///< A bit for each row of the table.
    bool server_named = false; ///< There was a Server field.
};

/// Notes what a request or a response shows.
void note_marks(const HttpHead& head, PeerMarks& marks) noexcept;
/// The same of what a connection's messages, its subprotocol or the reason of its Close frame show.
void note_mark(MarkPlace place, std::string_view text, PeerMarks& marks) noexcept;

/// What is known of the client's end alone: a server's fields tell nothing of a proxy that is its client.
PeerMarks without_server(PeerMarks marks) noexcept;

/// A product of the table shows itself there.
bool shows(MarkPlace place, const PeerMarks& marks) noexcept;

/// By what is known, nginx may be on the way: its timers are lazy.
bool may_be_nginx(const PeerMarks& marks) noexcept;

/// A timer fires late by little, and never early: within 2 %. `nanoseconds` is how long its clock ran.
bool fits(const TimeoutInfo& row, std::int64_t nanoseconds) noexcept;

/// Who has such a timer, or empty: at most three, joined by commas. `end`: how the connection ended; by_forgetting fits any time
/// that is longer.
std::string who_times_out(Timer timer, std::int64_t nanoseconds, TimerEnd end, const PeerMarks& marks);

/// A time that somebody set: whole seconds, and hardly more.
bool is_round(std::int64_t nanoseconds) noexcept;

} // namespace ws
