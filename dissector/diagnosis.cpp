// SPDX-License-Identifier: GPL-2.0-or-later
#include "diagnosis.hpp"

#include "close_code.hpp"
#include "token.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace ws {
namespace {

constexpr DiagnosisInfo table[] = {
#define WS_DIAGNOSIS(name, evidence, severity, sentence) {#name, Evidence::evidence, Severity::severity, sentence},
#include "diagnoses.def"
#undef WS_DIAGNOSIS
};

constexpr std::size_t longest_quote = 120;
constexpr std::int64_t second = 1000000000;

/// A part of a head inside a sentence: short, and on one line.
std::string quote(std::string_view text) {
    std::string out(text.substr(0, longest_quote));
    std::replace_if(
        out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; }, ' ');
    return text.size() > longest_quote ? out + "..." : out;
}

/// A URL without what may be secret in it: queries carry tokens.
std::string quote_url(std::string_view url) {
    const auto query = url.find_first_of("?#");
    const auto scheme = url.find("://");
    const auto user = url.substr(0, url.find('/', scheme == std::string_view::npos ? 0 : scheme + 3)).rfind('@');
    std::string out;
    if (scheme != std::string_view::npos && user != std::string_view::npos && user > scheme) {
        out = std::string(url.substr(0, scheme + 3)) + "...";
        out += quote(url.substr(user, query == std::string_view::npos ? query : query - std::min(query, user)));
    } else {
        out = quote(url.substr(0, query));
    }
    return query == std::string_view::npos ? out : out + "?...";
}

std::string seconds(std::int64_t ns) {
    char text[40];
    std::snprintf(text, sizeof text, "%.3f s", static_cast<double>(ns) / second);
    return text;
}

void add(DiagnosedList& list, const Arena& arena, Diagnosis diagnosis, const std::string& text) {
    list.push_back(arena, {diagnosis, as_text(arena.copy(as_bytes(text)))});
}

std::string value_of(const HttpHead& head, std::string_view name) {
    const auto* field = head.find(name);
    return field ? quote(field->value) : std::string();
}

/// "403 Forbidden", as the response has it, and who says so.
std::string status_of(const HttpHead& head) {
    std::string out = std::to_string(head.status);
    if (const auto reason = trim(head.reason); !reason.empty())
        out += " " + quote(reason);
    const auto server = value_of(head, "Server");
    const auto via = value_of(head, "Via");
    if (!server.empty() || !via.empty())
        out += " (" + (server.empty() ? "" : "Server: " + server) + (server.empty() || via.empty() ? "" : ", ") +
               (via.empty() ? "" : "Via: " + via) + ")";
    return out;
}

/// Scheme and port aside, where an origin or a Host header points to.
std::string_view host_name(std::string_view text) {
    if (const auto scheme = text.find("://"); scheme != std::string_view::npos)
        text.remove_prefix(scheme + 3);
    if (text.starts_with('['))
        return text.substr(0, text.find(']') + 1);
    return text.substr(0, text.find_first_of(":/"));
}

bool differ(const RequestNotes& notes) {
    return !notes.origin.empty() && !notes.host.empty() && !equal_ignoring_case(host_name(notes.origin), host_name(notes.host));
}

std::string credentials_hint(const RequestNotes* notes) {
    if (!notes)
        return "";
    if (notes->token_expired)
        return " The request carried a token that had expired.";
    return notes->credentials
               ? " The request carried credentials or cookies, so they were not accepted."
               : " The request carried neither Authorization nor a cookie; browsers cannot set Authorization on a WebSocket.";
}

std::string join_versions(const HttpHead& head) {
    std::string out;
    for (const auto& field : head.fields)
        if (equal_ignoring_case(field.name, "Sec-WebSocket-Version") && out.size() < longest_quote)
            out += (out.empty() ? "" : ", ") + quote(field.value);
    return out;
}

void check_tokens(const HttpHead& head, std::int64_t time, ReadClaims read, const Arena& arena, RequestNotes& notes,
                  DiagnosedList& out) {
    const auto now = static_cast<double>(time);
    bool early = false;
    for_each_token(head, [&](const Token& token) {
        Claims claims;
        if (!read(token.payload, claims))
            return;
        // Rounded to seconds, as a duration may be large.
        const auto by = [&](double when) {
            return std::to_string(static_cast<std::int64_t>(std::min(std::abs(now - when), 1e15))) + " s";
        };
        if (claims.expires && *claims.expires <= now && !notes.token_expired) {
            notes.token_expired = true;
            add(out, arena, Diagnosis::token_expired,
                std::string("A JSON Web Token in ") + token.where + " expired " + by(*claims.expires) +
                    " before this request. The client did not renew it, or a clock is wrong: check its lifetime (exp), how the "
                    "client "
                    "refreshes it before it reconnects, and both clocks.");
        }
        if (claims.not_before && *claims.not_before > now && !early) {
            early = true;
            add(out, arena, Diagnosis::token_not_yet_valid,
                std::string("A JSON Web Token in ") + token.where + " becomes valid " + by(*claims.not_before) +
                    " after this request. Usually the clock of its issuer is ahead: check the clocks (nbf), and the leeway the "
                    "server allows.");
        }
    });
}

struct StatusRow {
    std::uint16_t first;
    std::uint16_t last;
    Diagnosis diagnosis;
    const char* cause;
};
// What each status means where WebSocket was asked for. What depends on headers is added in diagnose_response().
constexpr StatusRow statuses[] = {
    {200, 299, Diagnosis::not_upgraded,
     ", not 101. Likely a proxy took the hop-by-hop headers Upgrade and Connection away, or this path has no WebSocket: check "
     "the path, and "
     "that each proxy passes them on (nginx: proxy_set_header)."},
    {300, 399, Diagnosis::redirected, ". Browsers do not follow redirects of a WebSocket. "},
    {400, 400, Diagnosis::bad_request,
     ". Likely a proxy took Upgrade and Connection away, or the server dislikes a header or a session id: check what arrives at "
     "the server, "
     "and its log."},
    {401, 401, Diagnosis::unauthorized, ". Check the session cookie or token, and that a proxy passes them on."},
    {403, 403, Diagnosis::forbidden, ". Check the session's rights, the allowed origins, and firewalls."},
    {404, 404, Diagnosis::not_found,
     ". The path is wrong, or a proxy maps it elsewhere or drops Upgrade: check the path and the proxy's rules."},
    {407, 407, Diagnosis::proxy_auth_required,
     ". A forward proxy wants credentials: check the client's proxy settings, or use wss://, which passes a proxy as a tunnel."},
    {426, 426, Diagnosis::upgrade_required, ". "},
    {429, 429, Diagnosis::rate_limited,
     ". The client, or its address, connects too often: check its reconnect loop and its back-off"},
    {502, 504, Diagnosis::gateway_error, ". "},
};

const char* gateway_cause(std::uint16_t status) {
    switch (status) {
    case 502:
        return "The proxy could not reach the server behind it, or did not understand its answer. Check that the server runs and "
               "the address and port the proxy uses.";
    case 503:
        return "The server or proxy is overloaded, restarting, or has no healthy server. Check its health checks and limits.";
    default:
        return "The server behind the proxy did not answer in time. Check that it runs, and the proxy's connect and read "
               "timeouts.";
    }
}

/// What differs where no Upgrade can get lost: extended CONNECT.
const char* cause_of(const StatusRow& row, const HttpHead& head) {
    if (head.extended_connect && row.diagnosis == Diagnosis::bad_request)
        return ". Likely the server dislikes a header or a session id, or a proxy does not speak WebSocket over HTTP/2 to the "
               "server "
               "behind it (RFC 8441): check what arrives at the server, and its log.";
    if (head.extended_connect && row.diagnosis == Diagnosis::not_found)
        return ". The path is wrong, or a proxy maps it elsewhere: check the path and the proxy's rules.";
    return row.cause;
}

std::string explain(const StatusRow& row, const HttpHead& head, const RequestNotes* notes) {
    auto text = "The answer is " + status_of(head) + cause_of(row, head);
    switch (row.diagnosis) {
    case Diagnosis::unauthorized: return text + credentials_hint(notes);
    case Diagnosis::forbidden:
        if (notes && differ(*notes))
            text += " Origin (" + quote(notes->origin) + ") and Host (" + quote(notes->host) +
                    ") differ, which servers refuse unless told otherwise.";
        return text + (notes && notes->token_expired ? credentials_hint(notes) : "");
    case Diagnosis::redirected: {
        const auto* target = head.find("Location");
        text += target ? "The target is " + quote_url(target->value) + "." : "No target is given.";
        return text +
               " Likely a login page, http to https, or a missing slash: check the URL that the client uses, and its session.";
    }
    case Diagnosis::upgrade_required: {
        const auto versions = join_versions(head);
        text += versions.empty() ? "The server names no version of WebSocket that it speaks."
                                 : "The server offers version " + versions + " of WebSocket.";
        return text + " If the client did ask for one of them, a proxy took Upgrade away: check what arrives at the server.";
    }
    case Diagnosis::rate_limited: {
        const auto wait = value_of(head, "Retry-After");
        return text + (wait.empty() ? "." : " (the server says Retry-After: " + wait + ").");
    }
    case Diagnosis::gateway_error: return text + gateway_cause(head.status);
    default: return text;
    }
}

struct KnownTimeout {
    int seconds;
    const char* of;
};
// Defaults, as their documentation gives them.
constexpr KnownTimeout timeouts[] = {
    {20, "Engine.IO (pingTimeout)"},
    {30, "Google Cloud load balancers (backend service timeout)"},
    {55, "Heroku's router"},
    {60, "nginx (proxy_read_timeout), AWS ALB (idle timeout), Apache httpd (Timeout)"},
    {100, "Cloudflare"},
    {120, "Apache Tomcat and IIS (connection timeout)"},
    {230, "Azure App Service"},
    {240, "Azure Load Balancer"},
    {300, "Envoy and Istio (stream_idle_timeout)"},
    {350, "AWS NLB and NAT gateway"},
    {600, "AWS API Gateway, Google Cloud firewalls"},
    {3600, "HAProxy (timeout tunnel 1h in its examples), Envoy (TCP idle timeout)"},
};

std::string fitting_timeouts(std::int64_t silence) {
    std::string out;
    const double s = static_cast<double>(silence) / second;
    for (const auto& known : timeouts)
        if (s > known.seconds - 0.5 && s < known.seconds + std::max(1.0, known.seconds * 0.02))
            out += (out.empty() ? "" : ", ") + std::string(known.of);
    if (!out.empty())
        return "This fits the default of " + out + ". Check the timeout there.";
    return "No well-known default fits: check timeouts set by hand (HAProxy's tunnel, nginx's proxy_read_timeout).";
}

const char* name(Direction by) {
    return by == Direction::client_to_server ? "client" : "server";
}

std::string during_handshake(const Ending& e) {
    std::string text = std::string("The ") + name(e.by) + (e.reset ? " reset" : " closed") + " the connection " +
                       seconds(e.since_request) + " after the request, which was not answered";
    if (e.answered_bytes)
        text += " (" + std::to_string(e.answered_bytes) + " bytes came that are no complete response)";
    if (e.retransmissions)
        text += " although it was sent " + std::to_string(e.retransmissions + 1) + " times";
    if (e.by == Direction::client_to_server)
        return text +
               ". The client gave up, or the user left: check whether the server, or the one behind a proxy, is slow to answer.";
    if (e.stream)
        return text + ". Likely the server offers no WebSocket over HTTP/2 at this path (RFC 8441), or gave up: check its log.";
    return text + (e.reset ? ". Likely a firewall, a filter on the word Upgrade, or a server that crashed or does not speak HTTP "
                             "on this port: "
                             "check the server's log, and the same request from elsewhere or over TLS."
                           : ". Likely the server or a proxy gave up, or expects another protocol (TLS?) on this port: check its "
                             "log and timeouts.");
}

} // namespace

std::span<const DiagnosisInfo> diagnosis_table() {
    return table;
}

DiagnosedList diagnose_request(const HttpHead& head, std::int64_t time, ReadClaims claims, const Arena& arena,
                               RequestNotes& notes) noexcept {
    DiagnosedList out;
    notes.host = value_of(head, "Host");
    notes.origin = value_of(head, "Origin");
    notes.credentials = head.find("Authorization") || head.find("Cookie");
    const bool upgrade = head.has_token("Upgrade", "websocket");
    const bool connection = head.has_token("Connection", "upgrade");
    if (!head.extended_connect && head.find("Sec-WebSocket-Key") && (!upgrade || !connection)) {
        const char* gone = upgrade      ? "Connection: Upgrade is"
                           : connection ? "Upgrade: websocket is"
                                        : "Upgrade and Connection are";
        add(out, arena, Diagnosis::upgrade_stripped,
            std::string("The request has Sec-WebSocket-Key, but ") + gone +
                " gone. Both are hop-by-hop: a proxy between the client and here does not pass them on. Check the hop before "
                "this one "
                "(nginx: proxy_http_version 1.1, proxy_set_header Upgrade $http_upgrade, proxy_set_header Connection "
                "\"upgrade\").");
    }
    check_tokens(head, time, claims, arena, notes, out);
    return out;
}

DiagnosedList diagnose_response(const HttpHead& head, const Handshake& handshake, const RequestNotes* notes,
                                const Arena& arena) noexcept {
    DiagnosedList out;
    for (const auto& row : statuses)
        if (head.status >= row.first && head.status <= row.last && !handshake.accepted)
            add(out, arena, row.diagnosis, explain(row, head, notes));
    if (head.version == "HTTP/1.0")
        add(out, arena, Diagnosis::http10,
            "The response, " + status_of(head) +
                ", is HTTP/1.0, which has no Upgrade. A proxy or an old server on the way speaks it: check "
                "each hop (nginx: proxy_http_version 1.1).");
    if (head.status == 101 && handshake.accept && !handshake.accept_expected.empty() && !handshake.accept_valid)
        add(out, arena, Diagnosis::accept_mismatch,
            "Sec-WebSocket-Accept is not what this request's key demands, so clients must fail the connection. Likely a cache or "
            "a proxy "
            "gave the answer to another request, or the server computes it wrongly: compare the key at each hop.");
    return out;
}

Diagnosed diagnose_connect(const HttpHead& response, std::string_view target, const Arena& arena) noexcept {
    const auto text =
        "The proxy answered CONNECT " + quote(target) + " with " + status_of(response) +
        ", so the WebSocket connection had no tunnel. Proxies often allow CONNECT to port 443 only, or want credentials: use "
        "wss:// on 443, or allow the port in the proxy.";
    return {Diagnosis::connect_refused, as_text(arena.copy(as_bytes(text)))};
}

bool connects_to_port_80(std::string_view target) noexcept {
    return target.ends_with(":80");
}

std::optional<Diagnosed> diagnose_close(Direction from, std::uint16_t code, std::int64_t since, const Arena& arena) noexcept {
    constexpr std::uint16_t rejecting[] = {1008, 3000, 3003, 4401, 4403};
    if (from != Direction::server_to_client || std::find(std::begin(rejecting), std::end(rejecting), code) == std::end(rejecting))
        return {};
    const auto text =
        "The server accepted the connection and closed it with " + std::to_string(code) + " (" + close_code(code).name + ") " +
        seconds(since) +
        " later. It checks who asks, or what for, only after the upgrade, or the session ended meanwhile: check the token or "
        "cookie, its lifetime, and the server's log.";
    return Diagnosed{Diagnosis::session_rejected, as_text(arena.copy(as_bytes(text)))};
}

std::optional<Diagnosed> diagnose_message(Direction from, const Message& message, const Arena& arena) noexcept {
    if (!message.compressed || message.wire_length)
        return {};
    const std::string sender = from == Direction::client_to_server ? "client" : "server";
    const auto text =
        "The " + sender +
        " sent a compressed message of no bytes; an empty one has the byte 00 (RFC 7692 7.2.3.6). This is legal, but "
        "Node's client and Bun close with 1007 over it: check for a newer " +
        sender + " library.";
    return Diagnosed{Diagnosis::compressed_empty, as_text(arena.copy(as_bytes(text)))};
}

bool looks_like_timeout(std::int64_t silence) noexcept {
    // Timers are set in whole seconds and fire late by little; people and programs that leave do not keep to that.
    return silence >= 20 * second || (silence >= second && silence % second < second / 20);
}

std::string no_answer_text(std::uint32_t retransmissions, std::int64_t since_request) {
    return "The request was sent " + std::to_string(retransmissions + 1) + " times in " + seconds(since_request) +
           ", and nothing came back, not even an acknowledgement. Likely a firewall drops packets with this content, or the way "
           "back is "
           "broken, for connecting did work: check for a filter on the way, and try TLS.";
}

std::vector<EndingNote> diagnose_ending(const Ending& e) {
    std::vector<EndingNote> out;
    if (e.handshake_pending) {
        out.push_back({e.reset ? Diagnosis::reset_during_handshake : Diagnosis::closed_during_handshake, during_handshake(e)});
    } else {
        const auto what = std::string("The ") + name(e.by) + (e.reset ? " reset" : " closed") +
                          (e.stream ? " the HTTP/2 stream " : " the TCP connection ") + seconds(e.silence) +
                          " after the last frame, without any Close frame: browsers report 1006. ";
        if (e.reset)
            out.push_back({Diagnosis::aborted,
                           what + "Likely the program crashed or was killed, or a firewall or load balancer cut in: check "
                                  "the log of that side."});
        else
            out.push_back(
                {Diagnosis::closed_without_close_frame,
                 what + "Likely the program ended without closing, or a proxy lost its other side: check the log of that side."});
        if (looks_like_timeout(e.silence))
            out.push_back({Diagnosis::idle_timeout, "The connection was silent for " + seconds(e.silence) + "; then the " +
                                                        name(e.by) + (e.reset ? " reset" : " closed") + " it. " +
                                                        fitting_timeouts(e.silence) +
                                                        " Pings sent more often keep a connection open."});
    }
    if (e.reset && e.ttl >= 0 && e.usual_ttl >= 0 && e.ttl != e.usual_ttl)
        out.push_back(
            {Diagnosis::reset_by_middlebox,
             "The reset claims to come from the " + std::string(name(e.by)) + ", but has TTL " + std::to_string(e.ttl) +
                 " where its other packets have " + std::to_string(e.usual_ttl) +
                 ". Likely a firewall or filter on the way sent it: check such devices, and capture on the other side too."});
    return out;
}

} // namespace ws
