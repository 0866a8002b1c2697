// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/connection.hpp"
#include "state/opening_handshake.hpp"

#include "dissector/diagnosis.hpp"
#include "dissector/session_summary.hpp"

#include <variant>

namespace ws {

/// Half of an opening handshake, and the bytes of its head: of HTTP/1, or as lines "name: value" of HTTP/2 and HTTP/3.
struct TappedHandshake {
    Handshake read;
    std::string_view head;
    bool lines; ///< Of HTTP/2 or HTTP/3.
};

/// Of what concerns no connection: a tunnel that was refused.
constexpr std::uint32_t no_stream = 0xffffffff;

/// One thing that happened on a connection, as the plugin's taps get it, in the order of the packet. It and all that it points to
/// live until the packet's taps have been called.
struct Tapped {
    std::uint32_t stream = 0;
    Direction direction{};
    std::uint32_t http2_stream = 0;            ///< Of HTTP/2, whose packets may carry other connections too; 0: none.
    std::uint32_t packet = 0;                  ///< That carried it: an earlier one, if its connection was recognised only now.
    std::int64_t time = 0;                     ///< Of that packet; nanoseconds since the epoch.
    const OpeningHandshake* opening = nullptr; ///< Null: not captured.
    const Connection* connection = nullptr;    ///< Null: none so far.
    std::variant<const Frame*, SkippedBytes, Diagnosed, SessionSummary, TappedHandshake> what;
    std::string_view words = {}; ///< The subprotocol's own, of the message that a frame completes; empty: none.
};

/// Of what the plugin registers with Wireshark.
struct TapIds {
    int events = -1;  ///< "ws": each Tapped.
    int objects = -1; ///< "ws_eo", for Export Objects: the same.
};
extern TapIds tap_ids;

/// Does any tap listen?
bool is_tapped();

/// Gives it to the taps that listen.
void tap(packet_info* pinfo, const Tapped& tapped);

} // namespace ws
