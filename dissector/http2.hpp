// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "frame.hpp"
#include "http_head.hpp"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct nghttp2_hd_inflater;

namespace ws {

/// What HTTP/2 frames mean for WebSocket connections (RFC 8441).
struct Http2Event {
    enum class Kind : std::uint8_t {
        request,  ///< An extended CONNECT for WebSocket.
        response, ///< The final answer to it; or one that speaks of WebSocket by itself, to a request that was not captured.
        data,     ///< Payload of a stream that is not refused.
        end,      ///< END_STREAM, as FIN ends a TCP connection.
        reset,    ///< RST_STREAM, as RST.
    };
    Kind kind;
    std::uint32_t stream;  ///< Of HTTP/2.
    std::uint32_t offset;  ///< Of data: in the chunk; else where in the chunk it became known.
    std::uint32_t length;  ///< Of data.
    std::string_view head; ///< Of request and response, in the arena: a line "name: value" for each header field.
};

/// A head as Http2Event has it; text of the result points into it. HTTP/1's fields that have other names are there under
/// HTTP/1's.
HttpHead read_http2_head(std::string_view text, const Arena& arena) noexcept;
/// The value of `:scheme`.
std::string_view http2_scheme(std::string_view head) noexcept;

/// One HTTP/2 connection (RFC 9113), both directions, of which only the streams for WebSocket are kept. Bytes may be missing, and
/// the beginning too.
class Http2 {
  public:
    /// The next bytes that one side (0 or 1) sends.
    void feed(std::size_t side, Bytes bytes, const Arena& arena, List<Http2Event>& events) noexcept;
    /// Bytes of that side that come before those fed next are not there.
    void lose(std::size_t side) noexcept;

    /// How many of that side's last bytes belong to a frame, or to the preface, whose end is still to come.
    std::size_t unfinished(std::size_t side) const noexcept;
    /// The server has not said so far that it takes no extended CONNECT.
    bool may_carry_websocket() const noexcept { return allowed_ != Allowed::no; }

  private:
    struct Stream {
        std::size_t client = 0; ///< The side that sent the request.
        bool answered = false;
        bool refused = false;
        bool ended[2] = {};
    };
    struct FreeInflater {
        void operator()(nghttp2_hd_inflater* inflater) const noexcept;
    };
    struct Frame {
        std::uint32_t length = 0; ///< Of the payload.
        std::uint8_t type = 0;
        std::uint8_t flags = 0;
        std::uint32_t stream = 0;
    };
    struct Side {
        enum class State : std::uint8_t { begin, searching, header, payload };
        State state = State::begin;
        std::array<std::uint8_t, 24> head{}; ///< A frame's header, or the client's preface, in progress.
        std::size_t have = 0;
        Frame frame;
        std::uint32_t seen = 0; ///< Of the frame's payload.
        std::uint32_t padding = 0;
        std::vector<std::uint8_t> payload; ///< Of a frame that is not DATA.
        // A header block in progress, until END_HEADERS
        std::vector<std::uint8_t> block;
        std::string text;                   ///< What it inflates to.
        Frame block_of;                     ///< Its first frame; stream 0: none.
        std::optional<std::uint32_t> table; ///< The largest table, in bytes, that the other side allows; none: not known.
        std::unique_ptr<nghttp2_hd_inflater, FreeInflater> inflater;
    };
    class Feed;
    /// Whether the server allows extended CONNECT (SETTINGS_ENABLE_CONNECT_PROTOCOL, RFC 8441 3): while it does not, header
    /// blocks need not be read.
    enum class Allowed : std::uint8_t { unknown, no, yes };

    Side sides_[2];
    std::size_t client_ = 2; ///< The side that sent the preface; 2: none so far.
    Allowed allowed_ = Allowed::unknown;
    std::map<std::uint32_t, Stream> streams_;
};

} // namespace ws
