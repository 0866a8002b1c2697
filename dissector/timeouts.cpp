// SPDX-License-Identifier: GPL-2.0-or-later
#include "timeouts.hpp"

#include <algorithm>

namespace ws {
namespace {

constexpr TimeoutInfo table[] = {
#define WS_TIMEOUT(who, kind, seconds, ends, where, mark, need, source)                                                          \
    {who, Timer::kind, seconds, ends, MarkPlace::where, mark, MarkNeed::need, source},
#include "timeouts.def"
#undef WS_TIMEOUT
};
static_assert(std::size(table) <= 64, "PeerMarks has a bit for each");

constexpr std::int64_t second = 1000000000;
/// Late by the time that a packet needs, and a program to wake up; early by the clock that a program reads once in a while.
constexpr std::int64_t round_enough = second * 15 / 1000;
constexpr std::int64_t early_enough = second * 5 / 1000;
/// Shorter times are whole seconds too often by chance.
constexpr std::int64_t shortest_round = 2 * second;
constexpr std::size_t most_named = 3;

bool may_be(const TimeoutInfo& row, std::size_t number, const PeerMarks& marks) {
    if (row.place == MarkPlace::none || marks.seen >> number & 1)
        return true;
    return row.need == MarkNeed::may && !(row.place == MarkPlace::server && marks.server_named);
}

} // namespace

std::span<const TimeoutInfo> timeout_table() {
    return table;
}

void note_mark(MarkPlace place, std::string_view text, PeerMarks& marks) noexcept {
    for (std::size_t i = 0; i < std::size(table); ++i)
        if (table[i].place == place && contains_ignoring_case(text, table[i].mark))
            marks.seen |= std::uint64_t{1} << i;
}

void note_marks(const HttpHead& head, PeerMarks& marks) noexcept {
    constexpr std::size_t longest = 256; // of what is searched
    if (head.is_request)
        note_mark(MarkPlace::path, head.target.substr(0, longest), marks);
    for (const auto& field : head.fields) {
        const auto value = field.value.substr(0, longest);
        const auto is = [&](std::string_view name) { return equal_ignoring_case(field.name, name); };
        if (head.is_request && is("Host"))
            note_mark(MarkPlace::host, value, marks);
        else if (!head.is_request && is("Server"))
            note_mark(MarkPlace::server, value, marks);
        else if (!head.is_request && is("Via"))
            note_mark(MarkPlace::via, value, marks);
        else if (!head.is_request && is("Sec-WebSocket-Protocol"))
            note_mark(MarkPlace::subprotocol, value, marks);
        else if (!head.is_request)
            note_mark(MarkPlace::header, field.name.substr(0, longest), marks);
        marks.server_named = marks.server_named || (!head.is_request && is("Server"));
    }
}

bool fits(const TimeoutInfo& row, std::int64_t nanoseconds) noexcept {
    const auto expected = static_cast<std::int64_t>(row.seconds) * second;
    return nanoseconds >= expected - early_enough && nanoseconds - expected <= expected / 50;
}

PeerMarks without_server(PeerMarks marks) noexcept {
    for (std::size_t i = 0; i < std::size(table); ++i)
        if (table[i].place == MarkPlace::server || table[i].place == MarkPlace::via || table[i].place == MarkPlace::header)
            marks.seen &= ~(std::uint64_t{1} << i);
    marks.server_named = false;
    return marks;
}

bool shows(MarkPlace place, const PeerMarks& marks) noexcept {
    for (std::size_t i = 0; i < std::size(table); ++i)
        if (table[i].place == place && (marks.seen >> i & 1))
            return true;
    return false;
}

bool may_be_nginx(const PeerMarks& marks) noexcept {
    for (std::size_t i = 0; i < std::size(table); ++i)
        if (std::string_view(table[i].mark) == "nginx")
            return may_be(table[i], i, marks);
    return false;
}

std::string who_times_out(Timer timer, std::int64_t nanoseconds, TimerEnd end, const PeerMarks& marks) {
    std::string out;
    std::size_t named = 0;
    for (std::size_t i = 0; i < std::size(table) && named < most_named; ++i) {
        const auto& row = table[i];
        const bool in_time =
            end == by_forgetting ? nanoseconds >= static_cast<std::int64_t>(row.seconds) * second : fits(row, nanoseconds);
        if (row.timer != timer || !(row.ends & end) || !in_time || !may_be(row, i, marks))
            continue;
        out += (named++ ? ", " : "") + std::string(row.who);
    }
    return out;
}

bool is_round(std::int64_t nanoseconds) noexcept {
    return nanoseconds >= shortest_round - early_enough && (nanoseconds + early_enough) % second <= round_enough + early_enough;
}

} // namespace ws
