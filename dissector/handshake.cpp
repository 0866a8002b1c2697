// SPDX-License-Identifier: GPL-2.0-or-later
#include "handshake.hpp"

#include <glib.h>

#include <algorithm>

namespace ws {
namespace {

// RFC 6455 11.3: may not appear more than once.
constexpr std::string_view once_in_request[] = {"Sec-WebSocket-Key", "Sec-WebSocket-Version"};
constexpr std::string_view once_in_response[] = {"Sec-WebSocket-Accept", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"};

/// Calls `visit(value)` for every field of that name.
template <class Visit>
void for_each_field(const HttpHead& head, std::string_view name, Visit visit) {
    for (const auto& field : head.fields)
        if (equal_ignoring_case(field.name, name))
            visit(field.value);
}

/// Where to point for a header that lacks something: its value, or the start line if there is no such header.
std::string_view place(const HttpHead& head, std::string_view name, std::string_view start_line) {
    const auto* field = head.find(name);
    return field && !field->value.empty() ? field->value : start_line;
}

/// Protocols and extensions, spread over any number of fields (RFC 6455 9.1, 11.3.4). Their text is joined for a later Offer.
void read_lists(const HttpHead& head, const Arena& arena, Handshake& out, std::string* protocols, std::string* extensions) {
    for_each_field(head, "Sec-WebSocket-Protocol", [&](std::string_view value) {
        for_each_element(value, [&](std::string_view element) { out.protocols.push_back(arena, element); });
        if (protocols)
            protocols->append(value).append(",");
    });
    for_each_field(head, "Sec-WebSocket-Extensions", [&](std::string_view value) {
        if (!parse_extensions(value, arena, out.extensions)) {
            out.extensions_read = false;
            out.violations.push_back(arena, {Violation::extension_parameter, value});
        }
        if (extensions)
            extensions->append(value).append(",");
    });
}

/// A client may offer other protocols to upgrade to; the server switches to this one alone (RFC 6455 4.1, 4.2.2).
bool upgrades_to_websocket(const HttpHead& head) {
    if (head.is_request)
        return head.has_token("Upgrade", "websocket");
    const auto* field = head.find("Upgrade");
    return field && equal_ignoring_case(field->value, "websocket");
}

void check_repeated(const HttpHead& head, std::span<const std::string_view> names, const Arena& arena, Handshake& out) {
    for (const auto name : names) {
        bool seen = false;
        for_each_field(head, name, [&](std::string_view value) {
            if (seen)
                out.violations.push_back(arena, {Violation::header_repeated, value.empty() ? out.start_line : value});
            seen = true;
        });
    }
}

void check_upgrade(const HttpHead& head, const Arena& arena, Handshake& out) {
    if (!upgrades_to_websocket(head))
        out.violations.push_back(arena, {Violation::upgrade_missing, place(head, "Upgrade", out.start_line)});
    if (!head.has_token("Connection", "upgrade"))
        out.violations.push_back(arena, {Violation::connection_missing, place(head, "Connection", out.start_line)});
}

/// Scheme, host and target; a request to a proxy has the whole URL as its target, with HTTP's scheme (RFC 9112 3.2.2).
std::string_view make_url(const HttpHead& head, bool secure, const HeaderField& host, const Arena& arena) {
    auto host_text = host.value;
    auto target = head.target;
    for (const std::string_view scheme : {"http://", "https://", "ws://", "wss://"}) {
        if (!equal_ignoring_case(target.substr(0, scheme.size()), scheme))
            continue;
        secure = scheme == "https://" || scheme == "wss://";
        host_text = {};
        target.remove_prefix(scheme.size());
        break;
    }
    const std::string_view scheme = secure ? "wss://" : "ws://";
    const std::string_view parts[] = {scheme, host_text, target};
    auto* text = arena.array<char>(scheme.size() + host_text.size() + target.size() + 1);
    char* to = text;
    for (const auto part : parts)
        to = std::copy(part.begin(), part.end(), to);
    *to = 0;
    return {text, static_cast<std::size_t>(to - text)};
}

/// The parameters of an accepted permessage-deflate against the offers of that name.
bool parameters_allowed(const Extension& accepted, const List<Extension>& offers, bool offers_known) {
    const auto response = deflate_parameters(accepted, true);
    if (!response.valid)
        return false;
    return !offers_known || std::any_of(offers.begin(), offers.end(), [&](const Extension& offer) {
        return offer.name == accepted.name && deflate_response_fits(deflate_parameters(offer, false), response);
    });
}

void check_accept(Handshake& out, const Arena& arena) {
    if (!out.accept)
        out.violations.push_back(arena, {Violation::accept_missing, out.start_line});
    else if (!out.accept_expected.empty() && !out.accept_valid)
        out.violations.push_back(arena,
                                 {Violation::accept_wrong, out.accept->value.empty() ? out.start_line : out.accept->value});
}

void check_selection(const HttpHead& head, Handshake& out, const Offer* offer, const Arena& arena) {
    List<Extension> offers;
    if (offer)
        parse_extensions(offer->extensions, arena, offers);
    for (const auto& accepted : out.extensions) {
        const bool offered =
            !offer || std::any_of(offers.begin(), offers.end(), [&](const Extension& e) { return e.name == accepted.name; });
        if (!offered)
            out.violations.push_back(arena, {Violation::extension_not_offered, accepted.text});
        else if (accepted.name == "permessage-deflate" && !parameters_allowed(accepted, offers, offer != nullptr))
            out.violations.push_back(arena, {Violation::extension_parameter, accepted.text});
    }
    for_each_field(head, "Sec-WebSocket-Protocol", [&](std::string_view value) {
        // One is selected. As a list the value is none that was offered; it is named once.
        bool first = true;
        std::string_view wrong;
        for_each_element(value, [&](std::string_view protocol) {
            bool offered = !offer;
            if (offer)
                for_each_element(offer->protocols, [&](std::string_view element) { offered = offered || element == protocol; });
            if (wrong.empty() && (!offered || !first))
                wrong = protocol;
            first = false;
        });
        if (!wrong.empty())
            out.violations.push_back(arena, {Violation::protocol_not_offered, wrong});
    });
}

} // namespace

Handshake read_request(const HttpHead& head, bool secure, const Arena& arena, Offer& offer) noexcept {
    Handshake out;
    out.is_request = true;
    out.start_line = head.start_line;
    out.host = head.find("Host");
    out.origin = head.find("Origin");
    out.version = head.find("Sec-WebSocket-Version");
    out.key = head.find("Sec-WebSocket-Key");
    out.key_valid = out.key && is_valid_key(out.key->value);
    offer = {};
    if (out.key)
        offer.key = out.key->value;
    read_lists(head, arena, out, &offer.protocols, &offer.extensions);
    if (out.host && !out.host->value.empty())
        out.url = make_url(head, secure, *out.host, arena);

    const auto fault = [&](bool broken, Violation violation, std::string_view where) {
        if (broken)
            out.violations.push_back(arena, {violation, where.empty() ? out.start_line : where});
    };
    if (!head.extended_connect) { // which has :protocol in place of all this (RFC 8441 5)
        fault(head.method != "GET", Violation::method_not_get, head.method);
        fault(head.version < "HTTP/1.1", Violation::http_version, head.version);
        fault(!out.host, Violation::host_missing, out.start_line);
        check_upgrade(head, arena, out);
        fault(!out.key, Violation::key_missing, out.start_line);
        fault(out.key && !out.key_valid, Violation::key_invalid, out.key ? out.key->value : out.start_line);
    }
    fault(!out.version, Violation::version_missing, out.start_line);
    fault(out.version && out.version->value != "13", Violation::version_unsupported,
          out.version ? out.version->value : out.start_line);
    check_repeated(head, once_in_request, arena, out);
    for (const auto& extension : out.extensions)
        if (extension.name == "permessage-deflate" && !deflate_parameters(extension, false).valid)
            out.violations.push_back(arena, {Violation::extension_parameter, extension.text});
    return out;
}

Handshake read_response(const HttpHead& head, const Offer* offer, const Arena& arena) noexcept {
    Handshake out;
    out.start_line = head.start_line;
    out.status = head.status;
    out.version = head.find("Sec-WebSocket-Version");
    out.accept = head.find("Sec-WebSocket-Accept");
    out.accepted = head.accepts_websocket();
    if (offer && !offer->key.empty() && !head.extended_connect) {
        out.accept_expected = expected_accept(offer->key, arena);
        out.accept_valid = out.accept && out.accept->value == out.accept_expected;
    }
    read_lists(head, arena, out, nullptr, nullptr);
    if (out.accepted) { // else nothing of this is demanded
        if (!head.extended_connect) {
            check_upgrade(head, arena, out);
            check_accept(out, arena);
        }
        check_selection(head, out, offer, arena);
        check_repeated(head, once_in_response, arena, out);
    }
    return out;
}

std::string_view expected_accept(std::string_view key, const Arena& arena) noexcept {
    GChecksum* sha1 = g_checksum_new(G_CHECKSUM_SHA1);
    g_checksum_update(sha1, reinterpret_cast<const guchar*>(key.data()), static_cast<gssize>(key.size()));
    g_checksum_update(sha1, reinterpret_cast<const guchar*>("258EAFA5-E914-47DA-95CA-C5AB0DC85B11"), 36);
    guint8 digest[20];
    gsize size = sizeof digest;
    g_checksum_get_digest(sha1, digest, &size);
    g_checksum_free(sha1);
    gchar* base64 = g_base64_encode(digest, size);
    const auto copy = arena.copy(as_bytes(base64));
    g_free(base64);
    return as_text(copy);
}

bool is_valid_key(std::string_view key) noexcept {
    // 16 bytes make 22 characters and two of padding.
    const auto is_base64 = [](char c) { return g_ascii_isalnum(c) || c == '+' || c == '/'; };
    return key.size() == 24 && key.ends_with("==") && std::all_of(key.begin(), key.end() - 2, is_base64);
}

} // namespace ws
