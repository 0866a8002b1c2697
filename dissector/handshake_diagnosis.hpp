// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "diagnosis.hpp"
#include "handshake.hpp"
#include "timeouts.hpp"

namespace ws {

/// What a response is explained with; kept from request to response, and short whatever the request was.
struct RequestNotes {
    std::string host;
    std::string origin;
    bool credentials = false; ///< Authorization or a cookie.
    bool token_expired = false;
    bool upgrades = false; ///< Upgrade and Connection were there, or it needs none.
    PeerMarks marks = {};
};

/// What is wrong with a request as it passed here. `time`: seconds since the epoch. Fills `notes` for the response.
DiagnosedList diagnose_request(const HttpHead& head, std::int64_t time, const Arena& arena, RequestNotes& notes) noexcept;

/// Why a request failed, by its response and as much of its `body` as there is. `notes`: of the request, or null if that was not
/// captured.
DiagnosedList diagnose_response(const HttpHead& head, const Handshake& handshake, std::string_view body,
                                const RequestNotes* notes, const Arena& arena) noexcept;

/// Another answer than 2xx to CONNECT.
Diagnosed diagnose_connect(const HttpHead& response, std::string_view target, const Arena& arena) noexcept;
/// The target of CONNECT names port 80.
bool connects_to_port_80(std::string_view target) noexcept;

} // namespace ws
