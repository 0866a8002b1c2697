// SPDX-License-Identifier: GPL-2.0-or-later
#include "ending_diagnosis.hpp"

#include "close_code.hpp"
#include "quote.hpp"

#include <algorithm>

namespace ws {
namespace {

constexpr std::int64_t second = 1000000000;
/// Who asks waits longer than that for an answer.
constexpr std::int64_t shortest_wait = second * 9 / 10;
/// A client that dislikes the 101 leaves so soon.
constexpr std::int64_t soon = 2 * second;
/// Devices that forget a connection keep it for longer than that.
constexpr std::int64_t shortest_memory = 200 * second;

constexpr std::size_t index(Direction direction) {
    return static_cast<std::size_t>(direction);
}

std::string name(Direction by) {
    return by == Direction::client_to_server ? "client" : "server";
}

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

std::string spoken(std::string_view reason) {
    return reason.empty() ? "" : ", \"" + quote(reason) + "\"";
}

// ---- what one side waited for ----------------------------------------------------

/// `end`: "closed the TCP connection", …
Finding pong_timeout(Direction by, const MissingSign& missing, std::string_view end, const PeerMarks& marks) {
    const auto other = name(opposite(by));
    const auto who = who_times_out(Timer::no_pong, missing.since, by_fin, marks);
    Finding found{Diagnosis::pong_timeout, {}, {}, {}, in_tenths(missing.since), missing.packet};
    const auto end_of_it = " had no answer for " + in_seconds(missing.since) + "; then it " + std::string(end) + ".";
    if (missing.count > 1)
        found.seen = number(missing.count) + " of the " + name(by) + "'s " + missing.name + "s (first in #" +
                     number(missing.packet) + ")" + end_of_it;
    else if (missing.count)
        found.seen = "The " + name(by) + "'s " + missing.name + " in #" + number(missing.packet) + end_of_it;
    else
        found.seen = "No " + std::string(missing.name) + " of the " + other + " came for " + in_seconds(missing.since) +
                     " (the last in #" + number(missing.packet) + "); then the " + name(by) + " " + std::string(end) + ".";
    found.cause = "The " + other + " hangs, is frozen or is gone, or the path to it is broken: this is the " + name(by) +
                  "'s own timer" + (who.empty() ? "." : ", as of " + who + ".");
    found.check = "Check what the " + other +
                  " did then (blocked event loop, sleep, lost network), and the ping settings of the " + name(by) + ".";
    return found;
}

bool was_waiting(const MissingSign& missing) {
    return missing.name && missing.since >= shortest_wait;
}

// ---- Close frames ----------------------------------------------------------------

Finding with_close(Diagnosis diagnosis, const CloseFacts& close, std::string cause, std::string check) {
    return {diagnosis,
            "The " + name(close.from) + " closed with " + number(*close.code) + " (" + close_code(*close.code).name + ")" +
                spoken(close.reason) + ".",
            std::move(cause), std::move(check), number(*close.code)};
}

Finding session_rejected(const CloseFacts& close, const ConnectionFacts& connection) {
    return {Diagnosis::session_rejected,
            "The server accepted the connection and closed it with " + number(*close.code) + " (" + close_code(*close.code).name +
                ")" + spoken(close.reason) + " " + in_seconds(connection.age) + " later.",
            "It checks who asks, or what for, only after the upgrade, or the session ended meanwhile.",
            "Check the token or cookie, its lifetime, and the server's log.", number(*close.code)};
}

Finding message_too_big(const CloseFacts& close, const ConnectionFacts& connection) {
    const auto sender = opposite(close.from);
    const auto packet = connection.last_message[index(sender)];
    auto found = with_close(
        Diagnosis::message_too_big, close,
        "A message of the " + name(sender) + (packet ? ", probably that in #" + number(packet) + "," : "") +
            " is longer than the " + name(close.from) + " accepts.",
        "Check the limit there (max_size, maxPayload, max_message_size; AWS API Gateway: 128 KB), or send smaller messages.");
    found.about = packet;
    return found;
}

Finding message_rejected(const CloseFacts& close, const ConnectionFacts& connection) {
    const auto sender = opposite(close.from);
    const auto broken = connection.violation_packet[index(sender)];
    const auto packet = broken ? broken : connection.last_message[index(sender)];
    auto found =
        with_close(Diagnosis::message_rejected, close,
                   broken ? "The " + name(sender) + "'s frame in #" + number(broken) + " breaks a rule: " +
                                violation_table()[static_cast<std::size_t>(connection.violation[index(sender)])].name + "."
                   : packet ? "It refuses what the " + name(sender) + " sent last (#" + number(packet) +
                                  "), which breaks no rule of RFC 6455."
                            : "No frame of the " + name(sender) + " was seen before.",
                   "Check what the " + name(sender) +
                       " sends: a library that is broken or reached by two writers at once, a wrong subprotocol "
                       "or encoding.");
    found.about = packet;
    return found;
}

Finding server_error(const CloseFacts& close, const ConnectionFacts& connection) {
    const char* cause = *close.code == 1012   ? "The server restarts."
                        : *close.code == 1013 ? "The server is overloaded, and asks to try again later."
                        : *close.code == 1014 ? "A gateway got no valid answer from the server behind it."
                                              : "The server's program failed, often by an exception in its handler.";
    auto found = with_close(Diagnosis::server_error, close, cause, "Check the server's log at this time.");
    found.about = connection.last_message[index(Direction::client_to_server)];
    return found;
}

Finding of_close_timer(Diagnosis diagnosis, const CloseFacts& close, std::int64_t time, const std::string& who) {
    return {diagnosis,
            "The " + name(close.from) + " sent Close" + spoken(close.reason) + " after " + in_seconds(time) +
                (diagnosis == Diagnosis::idle_timeout ? " of silence." : "."),
            "This fits " + who + ".",
            diagnosis == Diagnosis::idle_timeout ? "Pings sent more often keep a connection open."
                                                 : "Let the client reconnect by itself; no ping prevents this.",
            in_tenths(time)};
}

// ---- TCP's ends -----------------------------------------------------------------

std::string ended(const Ending& e) {
    return std::string(e.reset ? "reset" : "closed") + (e.stream ? " the HTTP/2 stream" : " the TCP connection");
}

Finding during_handshake(const Ending& e) {
    Finding found{
        e.reset ? Diagnosis::reset_during_handshake : Diagnosis::closed_during_handshake, {}, {}, {}, in_tenths(e.since_request)};
    found.seen = "The " + name(e.by) + (e.reset ? " reset" : " closed") + " the connection " + in_seconds(e.since_request) +
                 " after the request, which was not answered";
    if (e.answered_bytes)
        found.seen += " (" + number(e.answered_bytes) + " bytes came that are no complete response)";
    if (e.retransmissions)
        found.seen += " although it was sent " + number(e.retransmissions + 1) + " times";
    found.seen += ".";
    if (e.by == Direction::client_to_server) {
        found.cause = "The client gave up, or the user left.";
        found.check = "Check whether the server, or the one behind a proxy, is slow to answer.";
    } else if (e.stream) {
        found.cause = "Likely the server offers no WebSocket over HTTP/2 at this path (RFC 8441), or gave up.";
        found.check = "Check its log.";
    } else if (e.reset) {
        found.cause =
            "Likely a firewall, a filter on the word Upgrade, or a server that crashed or does not speak HTTP on this port.";
        found.check = "Check the server's log, and the same request from elsewhere or over TLS.";
    } else {
        found.cause = "Likely the server or a proxy gave up, or expects another protocol (TLS?) on this port.";
        found.check = "Check its log and timeouts.";
    }
    return found;
}

/// The client waited for the answer to its Close, or the other side just left.
std::optional<Finding> close_unanswered(const Ending& e) {
    if (e.by == e.close->from && e.close->since < shortest_wait)
        return std::nullopt; // it did not wait
    const auto asked = name(e.close->from), other = name(opposite(e.close->from));
    const bool waited = e.by == e.close->from;
    return Finding{Diagnosis::close_unanswered,
                   "The " + asked + " sent Close (#" + number(e.close->packet) + "); the " + other + " never answered it, and " +
                       in_seconds(e.close->since) + " later the " + name(e.by) + " " + ended(e) + ".",
                   waited ? "The " + other + " hangs, is frozen or is gone."
                          : "The " + other + " ends the connection without the Close frame that RFC 6455 5.5.1 asks for.",
                   waited ? "Check what the " + other + " did then: a blocked event loop, or a lost network."
                          : "Check the library or the proxy on the side of the " + other + ".",
                   in_tenths(e.close->since),
                   e.close->packet};
}

std::optional<Finding> handshake_rejected(const Ending& e) {
    const auto& c = e.connection;
    if (e.by != Direction::client_to_server || c.client_spoke || c.age > soon || c.dislike.kind == Dislike::Kind::nothing)
        return std::nullopt;
    const bool broken = c.dislike.kind == Dislike::Kind::violation;
    return Finding{Diagnosis::handshake_rejected,
                   "The client left " + in_seconds(c.age) + " after the 101 (#" + number(c.began_in) + ") without a frame.",
                   broken ? std::string("A client must refuse that answer: ") +
                                violation_table()[static_cast<std::size_t>(c.dislike.violation)].name + "."
                          : "It offered subprotocols, and the server selected none: browsers and most clients fail then.",
                   broken ? "Check what the server, and each proxy, makes of the request's headers."
                          : "Let the server select one of Sec-WebSocket-Protocol, or the client offer none.",
                   {},
                   c.began_in};
}

/// A device on the way forgot the connection: the first packet after a silence is answered by a reset.
bool was_forgotten(const Ending& e) {
    return e.reset && e.connection.gap >= shortest_memory && e.connection.silence < second;
}

/// Of the side that ended it.
PeerMarks marks_of(const Ending& e) {
    return e.by == Direction::client_to_server ? without_server(e.connection.marks) : e.connection.marks;
}

std::optional<Finding> idle_timeout(const Ending& e) {
    const auto& c = e.connection;
    const auto marks = marks_of(e);
    const auto end = e.reset ? by_rst : by_fin;
    Finding found{Diagnosis::idle_timeout, {}, {}, "Pings sent more often keep a connection open.", {}};
    if (was_forgotten(e)) {
        const auto who = who_times_out(Timer::idle, c.gap, by_forgetting, c.marks);
        found.seen = "After " + in_seconds(c.gap) + " of silence the first packet was answered by a reset.";
        found.cause = "A firewall, NAT or load balancer on the way forgot the connection: such are " + who + ".";
        found.figure = in_tenths(c.gap);
        return found;
    }
    struct Clock {
        Timer timer;
        std::int64_t time;
        const char* whose;
    };
    const bool lazy = !e.reset && may_be_nginx(marks);
    for (const auto& [timer, time, whose] :
         {Clock{Timer::idle, c.silence, "connection"}, Clock{Timer::idle, lazy ? c.lazy_silence : c.silence, "connection"},
          Clock{Timer::idle_server, c.silence_of[1], "server"}, Clock{Timer::idle_client, c.silence_of[0], "client"}}) {
        const auto who = who_times_out(timer, time, end, marks);
        if (who.empty())
            continue;
        const auto silence = timer == Timer::idle ? c.silence : time;
        found.seen = std::string("The ") + whose + " was silent for " + in_seconds(silence) + "; then the " + name(e.by) + " " +
                     ended(e) + ".";
        found.cause = "This fits the default of " + who + ".";
        found.figure = in_tenths(time);
        return found;
    }
    if (!is_round(c.silence) && !(lazy && is_round(c.lazy_silence)))
        return std::nullopt;
    found.seen = "The connection was silent for " + in_seconds(c.silence) + "; then the " + name(e.by) + " " + ended(e) + ".";
    found.cause =
        "A time so round is a timer's. No well-known default fits: it was set by hand (HAProxy's timeout tunnel, nginx's "
        "proxy_read_timeout).";
    found.figure = in_tenths(c.silence);
    return found;
}

std::optional<Finding> lifetime_limit(const Ending& e) {
    const auto& c = e.connection;
    const auto who = who_times_out(Timer::lifetime, c.age, e.reset ? by_rst : by_fin, marks_of(e));
    if (who.empty())
        return std::nullopt;
    return Finding{Diagnosis::lifetime_limit,
                   "The " + name(e.by) + " " + ended(e) + " " + in_seconds(c.age) + " after the upgrade, " +
                       in_seconds(c.silence) + " after the last frame.",
                   "This is the longest life that " + who + " allows.",
                   "Raise it there; no ping prevents this. Let the client reconnect by itself.", in_tenths(c.age)};
}

Finding without_close(const Ending& e, bool explained) {
    Finding found{e.reset ? Diagnosis::aborted : Diagnosis::closed_without_close_frame, {}, {}, {}, {}};
    found.seen = "The " + name(e.by) + " " + ended(e) + " " + in_seconds(e.connection.silence) +
                 " after the last frame, without any Close frame: browsers report 1006.";
    if (explained)
        return found;
    found.cause = e.reset ? "Likely the program crashed or was killed, or a firewall or load balancer cut in."
                          : "Likely the program ended without closing, or a proxy lost its other side.";
    found.check = "Check the log of that side.";
    return found;
}

/// Why it ended without a Close frame, if that can be told.
std::vector<Finding> reasons(const Ending& e) {
    std::vector<Finding> out;
    if (const auto& missing = e.connection.missing[index(e.by)]; was_waiting(missing))
        return {pong_timeout(e.by, missing, ended(e), e.connection.marks)};
    if (auto found = lifetime_limit(e))
        out.push_back(std::move(*found));
    else if (auto idle = idle_timeout(e))
        out.push_back(std::move(*idle));
    return out;
}

std::vector<Finding> of_established(const Ending& e) {
    std::vector<Finding> out;
    if (e.close) {
        if (auto found = close_unanswered(e))
            out.push_back(std::move(*found));
        return out;
    }
    if (auto found = handshake_rejected(e))
        return {std::move(*found)};
    auto why = reasons(e);
    out.push_back(without_close(e, !why.empty()));
    for (auto& found : why)
        out.push_back(std::move(found));
    return out;
}

} // namespace

std::vector<Finding> diagnose_close(const CloseFacts& close, const ConnectionFacts& connection) {
    const auto is = [&](std::initializer_list<std::uint16_t> codes) {
        return close.code && std::find(codes.begin(), codes.end(), *close.code) != codes.end();
    };
    const bool says_timeout = contains_ignoring_case(close.reason, "timeout") ||
                              contains_ignoring_case(close.reason, "timed out") ||
                              contains_ignoring_case(close.reason, "heartbeat") || contains_ignoring_case(close.reason, "ping");
    if (const auto& missing = connection.missing[index(close.from)];
        was_waiting(missing) && (says_timeout || !is({1000, 1001, 1009})))
        return {pong_timeout(close.from, missing, "sent Close" + spoken(close.reason), connection.marks)};
    const bool by_server = close.from == Direction::server_to_client;
    if (by_server && is({1008, 3000, 3003, 4401, 4403}))
        return {session_rejected(close, connection)};
    if (is({1009}))
        return {message_too_big(close, connection)};
    if (is({1002, 1003, 1007}))
        return {message_rejected(close, connection)};
    if (by_server && is({1011, 1012, 1013, 1014}))
        return {server_error(close, connection)};
    auto marks = connection.marks;
    note_mark(MarkPlace::reason, close.reason, marks);
    if (const auto who = who_times_out(Timer::lifetime, connection.age, by_close, marks); !who.empty())
        return {of_close_timer(Diagnosis::lifetime_limit, close, connection.age, who)};
    if (const auto who = who_times_out(Timer::idle, connection.silence, by_close, marks); !who.empty())
        return {of_close_timer(Diagnosis::idle_timeout, close, connection.silence, who)};
    return {};
}

std::vector<Finding> diagnose_ending(const Ending& e) {
    auto out = e.handshake_pending ? std::vector{during_handshake(e)} : of_established(e);
    if (e.reset && e.against.forged)
        out.push_back({Diagnosis::reset_by_middlebox,
                       "The reset claims to come from the " + name(e.by) + ", but has " + e.against.list + ".",
                       "Likely a firewall or filter on the way sent it.",
                       "Check such devices, and capture on the other side too."});
    return out;
}

Finding diagnose_life_after_reset(Direction from, std::uint32_t reset, std::uint32_t packet) {
    return {Diagnosis::reset_by_middlebox,
            "The reset in #" + number(reset) + " claims to come from the " + name(from) + ", which goes on sending in #" +
                number(packet) + ".",
            "The " + name(from) + " knows nothing of it: a firewall or filter on the way sent it.",
            "Check such devices, and capture on the other side too."};
}

Finding diagnose_no_answer(std::uint32_t retransmissions, std::int64_t since_request) {
    return {Diagnosis::no_answer,
            "The request was sent " + number(retransmissions + 1) + " times in " + in_seconds(since_request) +
                ", and nothing came back, not even an acknowledgement.",
            "Likely a firewall drops packets with this content, or the way back is broken, for connecting did work.",
            "Check for a filter on the way, and try TLS.", in_tenths(since_request)};
}

Finding diagnose_unacknowledged(Direction from, std::uint32_t retransmissions, std::int64_t since) {
    return {Diagnosis::unacknowledged,
            "The " + name(from) + " sent the same data " + number(retransmissions + 1) + " times in " + in_seconds(since) +
                ", and nothing acknowledges it.",
            "The path is broken: a cable, a Wi-Fi, a VPN or a firewall that drops, or the " + name(opposite(from)) +
                "'s host is gone.",
            "Capture on the other side too, and check what changed on the way at this time.", in_tenths(since)};
}

Finding diagnose_http_in_frames(std::string_view words) {
    return {Diagnosis::http_in_websocket, "The server answers in HTTP where frames belong: " + std::string(words) + ".",
            "A server or a proxy took what the client sent for a request, or failed and reports it in HTTP.",
            "Check the server's log, and whether the client sends frames before the 101 or in clear text to TLS."};
}

Finding diagnose_ended_together(std::uint32_t count, std::string_view server) {
    return {Diagnosis::ended_together, number(count) + " connections of " + std::string(server) + " ended within a second.",
            "A restart, a reload or a release: nginx and ingress-nginx end a worker's connections at worker_shutdown_timeout, "
            "Cloudflare at its own releases.",
            "Check what happened there at this time; let clients reconnect after a random delay.", number(count)};
}

Finding diagnose_message(Direction from) {
    return {Diagnosis::compressed_empty,
            "The " + name(from) + " sent a compressed message of no bytes; an empty one has the byte 00 (RFC 7692 7.2.3.6).",
            "This is legal, but Node's client and Bun close with 1007 over it.", "Check for a newer " + name(from) + " library."};
}

} // namespace ws
