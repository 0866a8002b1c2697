// SPDX-License-Identifier: GPL-2.0-or-later
#include "legs.hpp"

#include "quote.hpp"

namespace ws {
namespace {

struct FieldName {
    Field field;
    const char* name;
};
constexpr FieldName names[] = {
    {upgrade_field, "Upgrade"},
    {connection_field, "Connection"},
    {extensions_field, "Sec-WebSocket-Extensions"},
    {protocol_field, "Sec-WebSocket-Protocol"},
    {origin_field, "Origin"},
    {cookie_field, "Cookie"},
    {authorization_field, "Authorization"},
};

/// The fields that matter to an answer.
RequestFields explaining(Diagnosis diagnosis) {
    switch (diagnosis) {
    case Diagnosis::upgrade_stripped:
    case Diagnosis::not_upgraded:
    case Diagnosis::bad_request:
    case Diagnosis::not_found:
    case Diagnosis::upgrade_required: return upgrade_field | connection_field;
    case Diagnosis::unauthorized: return cookie_field | authorization_field;
    case Diagnosis::forbidden: return cookie_field | authorization_field | origin_field;
    case Diagnosis::handshake_rejected: return protocol_field | extensions_field;
    default: return 0;
    }
}

} // namespace

RequestFields fields_of(const HttpHead& request) noexcept {
    RequestFields found = 0;
    for (const auto& [field, name] : names)
        if (request.find(name))
            found |= field;
    if (!request.has_token("Upgrade", "websocket"))
        found &= static_cast<RequestFields>(~upgrade_field);
    if (!request.has_token("Connection", "upgrade"))
        found &= static_cast<RequestFields>(~connection_field);
    return found;
}

std::string what_the_proxy_dropped(Diagnosis diagnosis, const Legs& legs) {
    const auto gone = static_cast<RequestFields>(legs.before & ~legs.after & explaining(diagnosis));
    std::string list;
    for (const auto& [field, name] : names)
        if (gone & field)
            list += (list.empty() ? "" : " and ") + std::string(name);
    if (list.empty())
        return {};
    return "The proxy dropped " + list + ": it is in the client's request (#" + std::to_string(legs.request) +
           "), and not in the proxy's own (#" + std::to_string(legs.upstream) + ").";
}

std::string tell_other_leg(const OtherLeg& other) {
    const auto which = "The other leg of the proxy (request in #" + std::to_string(other.request) + ")";
    if (!other.ended)
        return which + " was still open then: this side, or the proxy, ended it first.";
    return which + " was " + (other.reset ? "reset" : "closed") + " " + in_seconds(other.since) + " before by its " +
           (other.by == Direction::client_to_server ? "client" : "server") + ": the proxy passed that on.";
}

} // namespace ws
