// SPDX-License-Identifier: GPL-2.0-or-later
// Follow WebSocket Stream: the messages of one connection, joined and decompressed, in the order in which they were complete.
#include "state/capture.hpp"
#include "state/tapped.hpp"
#include "taps/taps.hpp"
#include "wireshark/protocol.hpp"

#include "dissector/words.hpp"

#include <epan/addr_resolv.h>

#include <charconv>

namespace ws {
namespace {

constexpr std::string_view filter_start = "ws.stream eq ";

/// The GUI hands its filter to the tap, and not to the follower: the one that was asked for last is its.
std::uint32_t asked_last = 0;

char* stream_filter(guint stream, guint) {
    asked_last = stream;
    return ws_strdup_printf("%s%u", filter_start.data(), stream);
}

char* conversation_filter(epan_dissect_t*, packet_info* pinfo, guint* stream, guint* sub_stream) {
    const auto shown = stream_shown(pinfo);
    *stream = shown.value_or(0);
    *sub_stream = 0;
    return shown ? stream_filter(*stream, 0) : nullptr;
}

char* address_filter(address* source, address* destination, int source_port, int destination_port) {
    return get_follow_address_func(get_follow_by_name("TCP"))(source, destination, source_port, destination_port);
}

guint32 stream_count() {
    return capture ? capture->sessions.streams() : 0;
}

/// The filter has passed the packet; one of HTTP/2 may carry other connections, too.
bool is_followed(const follow_info_t& info, const Tapped& tapped) {
    if (!info.filter_out_filter)
        return !tapped.http2_stream || tapped.stream == asked_last;
    const std::string_view filter = info.filter_out_filter;
    if (!filter.starts_with(filter_start))
        return true; // by address: all of it
    std::uint32_t followed = 0;
    std::from_chars(filter.data() + filter_start.size(), filter.data() + filter.size(), followed);
    return tapped.stream == followed;
}

std::string bracketed(const std::string& words) {
    return '[' + words + ']';
}

/// What stands for a frame that is no message: a short line in brackets.
std::string line_of(const Frame& frame) {
    if (is_control(frame.header.opcode))
        return bracketed(words_of_control(frame));
    return bracketed("A message of " + std::to_string(frame.completes->wire_length) + " bytes, not decoded");
}

std::string line_of(const SkippedBytes& skipped) {
    if (skipped.lost)
        return bracketed(std::to_string(skipped.lost) + " bytes not captured");
    return bracketed(std::to_string(skipped.length) + " bytes not decoded: " + undecoded_name(skipped.reason));
}

/// What is shown of one event, if anything; the bytes of a binary message are not touched.
std::optional<std::string> content(const Tapped& tapped, const char* line_end) {
    if (const auto* skipped = std::get_if<SkippedBytes>(&tapped.what))
        return line_of(*skipped) + line_end;
    const auto* const* held = std::get_if<const Frame*>(&tapped.what);
    if (!held)
        return std::nullopt;
    const Frame& frame = **held;
    const auto* message = frame.completes;
    if (!message && !is_control(frame.header.opcode))
        return std::nullopt;
    if (!message || !is_decoded(frame))
        return line_of(frame) + line_end;
    return std::string(as_text(message->data)).append(message->text ? line_end : "");
}

void add_record(follow_info_t& info, const Tapped& tapped, const std::string& shown) {
    auto* record = g_new0(follow_record_t, 1);
    record->is_server = tapped.direction == Direction::server_to_client;
    record->packet_num = tapped.packet;
    record->abs_ts.secs = static_cast<time_t>(tapped.time / 1000000000);
    record->abs_ts.nsecs = static_cast<int>(tapped.time % 1000000000);
    record->data = g_byte_array_new();
    g_byte_array_append(record->data, reinterpret_cast<const guint8*>(shown.data()), static_cast<guint>(shown.size()));
    info.bytes_written[record->is_server] += record->data->len;
    info.payload = g_list_prepend(info.payload, record);
}

tap_packet_status follow(void* data, packet_info* pinfo, epan_dissect_t*, const void* queued, tap_flags_t) {
    auto& info = *static_cast<follow_info_t*>(data);
    const auto& tapped = *static_cast<const Tapped*>(queued);
    if (!is_followed(info, tapped))
        return TAP_PACKET_DONT_REDRAW;
    // tshark, which sets gui_data, puts each record on lines of its own; the GUI would put them together.
    const char* const line_end = info.gui_data ? "" : "\n";
    const bool is_server = tapped.direction == Direction::server_to_client;
    if (!info.client_port) {
        info.client_port = is_server ? pinfo->destport : pinfo->srcport;
        info.server_port = is_server ? pinfo->srcport : pinfo->destport;
        copy_address(&info.client_ip, is_server ? &pinfo->dst : &pinfo->src);
        copy_address(&info.server_ip, is_server ? &pinfo->src : &pinfo->dst);
    }
    const auto shown = content(tapped, line_end);
    if (!shown)
        return TAP_PACKET_DONT_REDRAW;
    // In a record of their own: that of the message is the message, whose bytes may be wanted.
    if (!tapped.words.empty())
        add_record(info, tapped, bracketed(std::string(tapped.words)) + line_end);
    add_record(info, tapped, *shown);
    return TAP_PACKET_REDRAW;
}

} // namespace

void register_follow() {
    add_follower(protocol.id, "ws", conversation_filter, stream_filter, address_filter, tcp_port_to_display, follow,
                 stream_count);
}

} // namespace ws
