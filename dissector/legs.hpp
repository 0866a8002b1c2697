// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "diagnosis.hpp"
#include "frame.hpp"
#include "http_head.hpp"

namespace ws {

/// Which of the fields that a proxy may take away a request has: bits of Field.
using RequestFields = std::uint8_t;
enum Field : RequestFields {
    upgrade_field = 1,
    connection_field = 2,
    extensions_field = 4,
    protocol_field = 8,
    origin_field = 16,
    cookie_field = 32,
    authorization_field = 64,
};

RequestFields fields_of(const HttpHead& request) noexcept;

/// A request as it came to a proxy and as it left it.
struct Legs {
    std::uint32_t request;  ///< The packet of the client's request.
    std::uint32_t upstream; ///< The packet of the proxy's.
    RequestFields before;
    RequestFields after;
};

/// What the proxy did to the request, if that explains the diagnosis; else empty.
std::string what_the_proxy_dropped(Diagnosis diagnosis, const Legs& legs);

/// How the other leg of a connection that ended was then.
struct OtherLeg {
    std::uint32_t request = 0; ///< Its request's packet.
    bool ended = false;
    bool reset = false;
    Direction by{};
    std::int64_t since = 0; ///< Nanoseconds that it ended before.
};
std::string tell_other_leg(const OtherLeg& other);

} // namespace ws
