// SPDX-License-Identifier: GPL-2.0-or-later
#include "handshake_diagnosis.hpp"

#include "json.hpp"
#include "quote.hpp"
#include "token.hpp"

#include <algorithm>
#include <cmath>

namespace ws {
namespace {

/// "403 Forbidden", as the response has it, and who says so.
std::string status_of(const HttpHead& head) {
    std::string out = std::to_string(head.status);
    if (const auto reason = trim(head.reason); !reason.empty())
        out += " " + quote(reason.substr(0, 40));
    const auto server = quote_field(head, "Server").substr(0, 30);
    const auto via = quote_field(head, "Via").substr(0, 30);
    if (!server.empty() || !via.empty())
        out += " (" + (server.empty() ? "" : "Server: " + server) + (server.empty() || via.empty() ? "" : ", ") +
               (via.empty() ? "" : "Via: " + via) + ")";
    return out;
}

/// Where an origin or a Host header points to, the port of its scheme left out.
std::string_view authority(std::string_view text) {
    std::string_view usual = ":80";
    if (const auto scheme = text.find("://"); scheme != std::string_view::npos) {
        usual = equal_ignoring_case(text.substr(0, scheme), "https") ? ":443" : ":80";
        text.remove_prefix(scheme + 3);
    }
    text = text.substr(0, text.find('/'));
    return text.ends_with(usual) ? text.substr(0, text.size() - usual.size()) : text;
}

/// A Host on the port of https says so only by TLS, which is not known here.
bool differ(const RequestNotes& notes) {
    if (notes.origin.empty() || notes.host.empty())
        return false;
    const auto origin = authority(notes.origin);
    const std::string_view host = notes.host;
    return !equal_ignoring_case(origin, authority(host)) &&
           !(host.ends_with(":443") && equal_ignoring_case(origin, host.substr(0, host.size() - 4)));
}

std::string credentials_of(const RequestNotes* notes) {
    if (!notes)
        return "";
    if (notes->token_expired)
        return "The request carried a token that had expired.";
    return notes->credentials
               ? "The request carried credentials or cookies, so they were not accepted."
               : "The request carried neither Authorization nor a cookie; browsers cannot set Authorization on a WebSocket.";
}

std::string join_versions(const HttpHead& head) {
    std::string out;
    for (const auto& field : head.fields)
        if (equal_ignoring_case(field.name, "Sec-WebSocket-Version") && out.size() < 40)
            out += (out.empty() ? "" : ", ") + quote(field.value);
    return out;
}

void check_tokens(const HttpHead& head, std::int64_t time, const Arena& arena, RequestNotes& notes, DiagnosedList& out) {
    const auto now = static_cast<double>(time);
    bool early = false;
    for_each_token(head, [&](const Token& token) {
        // When it is valid (RFC 7519 4.1.4, 4.1.5), in seconds since the epoch.
        const auto claims = read_json(token.payload, arena);
        const auto expires = claims["exp"].number(), not_before = claims["nbf"].number();
        const auto say = [&](Diagnosis diagnosis, const char* happens, double when, const char* order, const char* cause,
                             const char* check) {
            // Rounded to seconds, as a duration may be large.
            const auto by = std::to_string(static_cast<std::int64_t>(std::min(std::abs(now - when), 1e15))) + " s";
            const auto seen = std::string("A JSON Web Token in ") + token.where + ' ' + happens + ' ' + by + ' ' + order;
            out.push_back(arena, keep({diagnosis, seen + " this request.", cause, check, by}, arena));
        };
        if (expires && *expires <= now && !notes.token_expired) {
            notes.token_expired = true;
            say(Diagnosis::token_expired, "expired", *expires, "before", "The client did not renew it, or a clock is wrong.",
                "Check its lifetime (exp), how the client refreshes it before it reconnects, and both clocks.");
        }
        if (not_before && *not_before > now && !early) {
            early = true;
            say(Diagnosis::token_not_yet_valid, "becomes valid", *not_before, "after",
                "Usually the clock of its issuer is ahead.", "Check the clocks (nbf), and the leeway the server allows.");
        }
    });
}

struct StatusRow {
    std::uint16_t first;
    std::uint16_t last;
    Diagnosis diagnosis;
    const char* cause;
    const char* check;
};
// What each status means where WebSocket was asked for. What depends on the request and on headers is added below.
constexpr StatusRow statuses[] = {
    {200, 299, Diagnosis::not_upgraded,
     "Likely a proxy took the hop-by-hop headers Upgrade and Connection away, or this path has no WebSocket.",
     "Check the path, and that each proxy passes them on (nginx: proxy_set_header)."},
    {300, 399, Diagnosis::redirected, "Browsers do not follow redirects of a WebSocket. ",
     "Likely a login page, http to https, or a missing slash: check the URL that the client uses, and its session."},
    {400, 400, Diagnosis::bad_request, "Likely a proxy took Upgrade and Connection away.",
     "Check what arrives at the server, and its log."},
    {401, 401, Diagnosis::unauthorized, "", "Check the session cookie or token, and that a proxy passes them on."},
    {403, 403, Diagnosis::forbidden, "", "Check the session's rights, the allowed origins, and firewalls."},
    {404, 404, Diagnosis::not_found, "The path is wrong, or a proxy maps it elsewhere or drops Upgrade.",
     "Check the path and the proxy's rules."},
    {407, 407, Diagnosis::proxy_auth_required, "A forward proxy wants credentials.",
     "Check the client's proxy settings, or use wss://, which passes a proxy as a tunnel."},
    {426, 426, Diagnosis::upgrade_required, "If the client did ask for one of them, a proxy took Upgrade away.",
     "Check what arrives at the server."},
    {429, 429, Diagnosis::rate_limited, "The client, or its address, connects too often.",
     "Check its reconnect loop and its back-off."},
    {501, 501, Diagnosis::websocket_unsupported, "The server, or a proxy before it, does not do WebSocket here.",
     "Check that WebSocket is on for this path and version of HTTP (RFC 8441 over HTTP/2)."},
    {502, 502, Diagnosis::gateway_error, "The proxy could not reach the server behind it, or did not understand its answer.",
     "Check that the server runs, and the address and port the proxy uses."},
    {503, 503, Diagnosis::gateway_error, "The server or proxy is overloaded, restarting, or has no healthy server.",
     "Check its health checks and limits."},
    {504, 504, Diagnosis::gateway_error, "The server behind the proxy did not answer in time.",
     "Check that it runs, and the proxy's connect and read timeouts."},
};

/// What the server itself says is better than what is likely.
std::string cause_of(const StatusRow& row, const HttpHead& head, const RequestNotes* notes, bool speaks) {
    switch (row.diagnosis) {
    case Diagnosis::bad_request:
        if (speaks)
            return "These are the server's own words.";
        if (head.extended_connect)
            return "Likely the server dislikes a header or a session id, or a proxy does not speak WebSocket over HTTP/2 to the "
                   "server behind it (RFC 8441).";
        return notes && notes->upgrades ? "Upgrade and Connection were there, so the server dislikes a header, the path or a "
                                          "session id, or a proxy behind here took them away."
                                        : row.cause;
    case Diagnosis::not_found: return head.extended_connect ? "The path is wrong, or a proxy maps it elsewhere." : row.cause;
    case Diagnosis::unauthorized: return credentials_of(notes);
    case Diagnosis::forbidden:
        if (notes && differ(*notes))
            return "Origin (" + quote(notes->origin.substr(0, 50)) + ") and Host (" + quote(notes->host.substr(0, 50)) +
                   ") differ, which servers refuse unless told otherwise.";
        return notes && notes->token_expired ? credentials_of(notes) : "";
    case Diagnosis::redirected: {
        const auto* target = head.find("Location");
        return row.cause + (target ? "The target is " + quote_url(target->value) + "." : "No target is given.");
    }
    case Diagnosis::upgrade_required: {
        const auto versions = join_versions(head);
        return (versions.empty() ? "The server names no version of WebSocket that it speaks. "
                                 : "The server offers version " + versions + " of WebSocket. ") +
               row.cause;
    }
    default: return row.cause;
    }
}

/// What the response says of itself, besides its status.
std::string words_of(const HttpHead& head, const std::string& body) {
    std::string out;
    if (const auto wait = quote_field(head, "Retry-After"); !wait.empty())
        out += " Retry-After: " + wait.substr(0, 40) + ".";
    if (const auto* wants = head.find("WWW-Authenticate")) // the scheme and the realm, not what a challenge is made of
        out += " WWW-Authenticate: " + quote(wants->value.substr(0, std::min<std::size_t>(wants->value.find(','), 40))) + ".";
    if (!body.empty())
        out += " It says: \"" + body + "\"";
    return out;
}

} // namespace

DiagnosedList diagnose_request(const HttpHead& head, std::int64_t time, const Arena& arena, RequestNotes& notes) noexcept {
    DiagnosedList out;
    notes.host = quote_field(head, "Host");
    notes.origin = quote_field(head, "Origin");
    notes.credentials = head.find("Authorization") || head.find("Cookie");
    note_marks(head, notes.marks);
    const bool upgrade = head.has_token("Upgrade", "websocket");
    const bool connection = head.has_token("Connection", "upgrade");
    notes.upgrades = head.extended_connect || (upgrade && connection);
    if (!notes.upgrades && head.find("Sec-WebSocket-Key")) {
        const char* gone = upgrade      ? "Connection: Upgrade is"
                           : connection ? "Upgrade: websocket is"
                                        : "Upgrade and Connection are";
        out.push_back(arena,
                      keep({Diagnosis::upgrade_stripped, std::string("The request has Sec-WebSocket-Key, but ") + gone + " gone.",
                            "Both are hop-by-hop: a proxy between the client and here does not pass them on.",
                            "Check the hop before this one (nginx: proxy_set_header Upgrade $http_upgrade and Connection "
                            "\"upgrade\"; releases before 2026 also need proxy_http_version 1.1)."},
                           arena));
    }
    check_tokens(head, time, arena, notes, out);
    return out;
}

DiagnosedList diagnose_response(const HttpHead& head, const Handshake& handshake, std::string_view body,
                                const RequestNotes* notes, const Arena& arena) noexcept {
    DiagnosedList out;
    if (head.find("Transfer-Encoding")) // the size of the first chunk comes before it
        body.remove_prefix(std::min(body.size(), body.find('\n') + 1));
    const auto said = handshake.accepted || head.find("Content-Encoding") ? std::string() : quote_body(body);
    for (const auto& row : statuses)
        if (head.status >= row.first && head.status <= row.last && !handshake.accepted)
            out.push_back(arena, keep({row.diagnosis, "The answer is " + status_of(head) + "." + words_of(head, said),
                                       cause_of(row, head, notes, !said.empty()), row.check, std::to_string(head.status)},
                                      arena));
    if (head.version == "HTTP/1.0")
        out.push_back(arena, keep({Diagnosis::http10, "The response, " + status_of(head) + ", is HTTP/1.0, which has no Upgrade.",
                                   "A proxy or an old server on the way speaks it.",
                                   "Check each hop (nginx before 2026: proxy_http_version 1.1)."},
                                  arena));
    if (head.status == 101 && handshake.accept && !handshake.accept_expected.empty() && !handshake.accept_valid)
        out.push_back(arena, keep({Diagnosis::accept_mismatch,
                                   "Sec-WebSocket-Accept is not what this request's key demands, so clients must fail the "
                                   "connection.",
                                   "Likely a cache or a proxy gave the answer to another request, or the server computes it "
                                   "wrongly.",
                                   "Compare the key at each hop."},
                                  arena));
    return out;
}

Diagnosed diagnose_connect(const HttpHead& response, std::string_view target, const Arena& arena) noexcept {
    return keep({Diagnosis::connect_refused,
                 "The proxy answered CONNECT " + quote(target.substr(0, 60)) + " with " + status_of(response) +
                     ", so the WebSocket connection had no tunnel.",
                 "Proxies often allow CONNECT to port 443 only, or want credentials.",
                 "Use wss:// on 443, or allow the port in the proxy.", std::to_string(response.status)},
                arena);
}

bool connects_to_port_80(std::string_view target) noexcept {
    return target.ends_with(":80");
}

} // namespace ws
