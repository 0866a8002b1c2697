// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/session.hpp"
#include "view/frame_fields.hpp"

namespace ws {

/// `opening`: null if it is not known.
inline Whose whose(const Session& session, const OpeningHandshake* opening, Direction direction) {
    return {opening ? opening->stream : 0, direction, session.http2_stream, opening ? opening->url.c_str() : ""};
}

inline Whose whose(const Session& session, std::uint32_t stream, Direction direction) {
    auto of = whose(session, session.opening_of_stream(stream), direction);
    of.stream = stream;
    return of;
}

} // namespace ws
