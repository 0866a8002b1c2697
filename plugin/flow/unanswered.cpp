// SPDX-License-Identifier: GPL-2.0-or-later
// Frames after a request, though the response was not captured, or not all of it.
#include "flow/unanswered.hpp"

#include "dissector/head_start.hpp"
#include "dissector/recogniser.hpp"
#include "wireshark/protocol.hpp"

namespace ws {
namespace {

/// So much of a Sec-WebSocket-Accept is no accident.
constexpr std::size_t enough_of_accept = 8;

/// The end of a head accepts the request: the rest of Sec-WebSocket-Accept is in it, or at its beginning.
bool accepts(std::string_view tail, const OpeningHandshake& opening, const Arena& arena) {
    const auto accept = expected_accept(opening.terms->offer.key, arena);
    if (tail.find(accept) != std::string_view::npos)
        return true;
    for (auto cut = accept; cut.size() >= enough_of_accept; cut.remove_prefix(1))
        if (tail.starts_with(cut))
            return true;
    return false;
}

/// The end of a head has the field that a 101 has not (RFC 9110 8.6): a body follows.
bool announces_body(std::string_view tail) {
    constexpr std::string_view name = "Content-Length:";
    for (auto line = tail.find('\n'); line != std::string_view::npos; line = tail.find('\n', line + 1))
        if (equal_ignoring_case(tail.substr(line + 1, name.size()), name))
            return true;
    return equal_ignoring_case(tail.substr(0, name.size()), name);
}

/// Where frames begin behind the end of a response whose beginning was not captured; 0: no such end, or no frames.
std::size_t find_frames_behind_head(Bytes bytes, const OpeningHandshake* opening, const Arena& arena) {
    const auto text = as_text(bytes);
    if (text.starts_with("HTTP/"))
        return 0;                                      // all of it is there
    for (const std::string_view rest : {"\n", "\r\n"}) // of its empty line
        if (text.starts_with(rest) && are_frames_of_server(bytes.subspan(rest.size())))
            return rest.size();
    const auto end = find_head_end(text);
    const auto tail = text.substr(0, end);
    if (!end || announces_body(tail))
        return 0;
    return (opening && accepts(tail, *opening, arena)) || are_frames_of_server(bytes.subspan(end)) ? end : 0;
}

} // namespace

Connection* upgrade_unanswered(tvbuff_t* tvb, packet_info* pinfo, Session& session, std::optional<std::uint32_t> sequence) {
    const auto size = tvb_captured_length(tvb);
    const Bytes bytes(tvb_get_ptr(tvb, 0, static_cast<int>(size)), size);
    const auto direction = session.direction(pinfo);
    const auto request_end = session.transport.request_end;
    const auto expected = direction == Direction::client_to_server ? request_end : session.transport.sides[1].sequence.next();
    std::size_t head_end = 0;
    bool begins = false;
    if (direction == Direction::client_to_server) {
        // The first byte after the request begins a frame; after a gap that is for the search to find out.
        begins = may_begin_with_frames(bytes);
    } else {
        head_end = find_frames_behind_head(bytes, session.pending(), packet_arena(pinfo));
        begins = head_end || are_frames_of_server(bytes);
    }
    if (!begins && !(session.awaits_response() && sequence != expected && Recogniser::has_frames(bytes)))
        return nullptr;
    auto& connection = session.upgrade_unanswered(pinfo);
    connection.head_end = static_cast<std::uint32_t>(head_end);
    if (begins || request_end)
        connection.decoder.begin(Direction::client_to_server);
    if (request_end)
        connection.decoder.expect(Direction::client_to_server, *request_end, *request_end);
    if (begins && direction == Direction::server_to_client)
        connection.decoder.begin(direction);
    return &connection;
}

} // namespace ws
