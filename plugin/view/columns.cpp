// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/columns.hpp"

#include "dissector/line_buffer.hpp"
#include "dissector/words.hpp"
#include "view/frame_fields.hpp"
#include "wireshark/packet_keys.hpp"
#include "wireshark/protocol.hpp"

#include <algorithm>
#include <cstring>

namespace ws {
namespace {

/// What the Info column says of this packet so far.
struct InfoSoFar {
    bool started;
    bool full;                  ///< No more of it would be shown.
    std::uint32_t http2_stream; ///< That was named last.
};

bool info_is_shown(const packet_info* pinfo) {
    return pinfo->cinfo && col_get_writable(pinfo->cinfo, COL_INFO) && pinfo->cinfo->col_first[COL_INFO] >= 0;
}

void add_reason(LineBuffer& line, Undecoded reason) {
    if (reason != Undecoded::no)
        line.text(", ").text(undecoded_name(reason));
}

/// "Text [28, 42 on wire] One message": of the frame that completes it.
void add_message(LineBuffer& line, const Frame& frame, std::string_view words, bool with_text) {
    const auto& message = *frame.completes;
    line.text(message.opcode == opcode::continuation ? "Message" : opcode_name(message.opcode)).text(" [");
    if (!is_decoded(frame)) {
        line.number(message.wire_length);
        add_reason(line, message.undecoded);
        line.text("]");
        return;
    }
    line.number(message.data.size());
    if (message.wire_length != message.data.size())
        line.text(", ").number(message.wire_length).text(" on wire");
    line.text("]");
    if (!words.empty())
        line.text(" ").text(words);
    else if (with_text)
        line.readable(message, text_in_a_line());
}

void add_plain_frame(LineBuffer& line, const Frame& frame) {
    const auto& h = frame.header;
    line.text(opcode_name(h.opcode));
    if (h.opcode > opcode::binary)
        line.text(" ").number(h.opcode);
    line.text(h.fin ? " [" : " (fragment) [").number(h.payload_length);
    add_reason(line, frame.undecoded);
    line.text("]");
}

void add_packet(LineBuffer& line, std::uint32_t reassembled_in) {
    if (reassembled_in)
        line.text(" [Reassembled in #").number(reassembled_in).text("]");
}

void append(packet_info* pinfo, const char* text) {
    col_append_str(pinfo->cinfo, COL_INFO, text);
}

/// Each text that is appended has Wireshark go through those before it: what would not be shown is not appended.
bool has_room(packet_info* pinfo) {
    auto& so_far = kept_with<InfoSoFar>(pinfo, packet_key::info_so_far);
    if (!so_far.full) {
        const auto* text = col_get_text(pinfo->cinfo, COL_INFO);
        so_far.full = text && std::strlen(text) >= COL_MAX_INFO_LEN - 1;
    }
    return !so_far.full;
}

} // namespace

void start_columns(packet_info* pinfo, const Whose& whose) {
    col_set_str(pinfo->cinfo, COL_PROTOCOL, "WebSocket");
    if (!info_is_shown(pinfo))
        return;
    col_clear(pinfo->cinfo, COL_INFO); // what stands before a fence stays
    // A packet may have several pieces, in records of TLS or streams of HTTP/2; the direction is told once.
    auto& so_far = kept_with<InfoSoFar>(pinfo, packet_key::info_so_far);
    if (!so_far.started)
        col_append_sep_str(pinfo->cinfo, COL_INFO, "  ", direction_text(whose.direction));
    if (whose.http2_stream != so_far.http2_stream)
        col_append_fstr(pinfo->cinfo, COL_INFO, "  [stream %u]", whose.http2_stream);
    so_far.started = true;
    so_far.http2_stream = whose.http2_stream;
}

void add_frame_to_columns(packet_info* pinfo, const Frame& frame, std::string_view words, bool with_text) {
    if (!info_is_shown(pinfo) || !has_room(pinfo))
        return;
    LineBuffer line(packet_arena(pinfo), 512 + std::max(text_in_a_line(), words.size()) + frame.violations.count() * 32);
    line.text("  ");
    if (frame.completes)
        add_message(line, frame, words, with_text);
    else if (is_control(frame.header.opcode) && frame.header.opcode <= opcode::pong && frame.undecoded == Undecoded::no)
        line.text(kept_words_of_control(frame, packet_arena(pinfo))).text(words.empty() ? "" : " ").text(words);
    else
        add_plain_frame(line, frame);
    add_packet(line, frame.reassembled_in);
    for (std::size_t i = 0; i < violation_table().size(); ++i)
        if (frame.violations.has(static_cast<Violation>(i)))
            line.text(" [Violation: ").text(violation_table()[i].name).text("]");
    append(pinfo, line.finish());
}

void add_text_to_columns(packet_info* pinfo, const Message& message) {
    if (!info_is_shown(pinfo) || !has_room(pinfo))
        return;
    LineBuffer line(packet_arena(pinfo), 16 + text_in_a_line());
    append(pinfo, line.readable(message, text_in_a_line()).finish());
}

void add_goes_on_to_columns(packet_info* pinfo, std::uint32_t packet) {
    if (!info_is_shown(pinfo) || !has_room(pinfo))
        return;
    LineBuffer line(packet_arena(pinfo), 64);
    line.text(" [goes on");
    if (packet)
        line.text(" in #").number(packet);
    append(pinfo, line.text("]").finish());
}

void add_diagnosis_to_columns(packet_info* pinfo, const Diagnosed& found) {
    if (!info_is_shown(pinfo))
        return;
    const char* name = diagnosis_table()[static_cast<std::size_t>(found.diagnosis)].name;
    col_append_sep_fstr(pinfo->cinfo, COL_INFO, " ", "[WebSocket: %s%s%s]", name, found.figure.empty() ? "" : " ",
                        found.figure.data());
}

void add_part_to_columns(packet_info* pinfo, const FramePart& part) {
    if (!info_is_shown(pinfo))
        return;
    LineBuffer line(packet_arena(pinfo), 128);
    line.text("  ");
    if (part.header_known && part.have >= part.header.size)
        line.text(opcode_name(part.header.opcode))
            .text(" [")
            .number(part.have - part.header.size)
            .text("/")
            .number(part.header.payload_length)
            .text("]");
    else
        line.text("[").number(part.length).text(" bytes of a frame that goes on]");
    add_packet(line, part.reassembled_in);
    append(pinfo, line.finish());
}

void add_skipped_to_columns(packet_info* pinfo, const SkippedBytes& skipped) {
    if (!info_is_shown(pinfo))
        return;
    if (skipped.lost)
        col_append_fstr(pinfo->cinfo, COL_INFO, "  [%" G_GUINT64_FORMAT " bytes not captured]", skipped.lost);
    else
        col_append_fstr(pinfo->cinfo, COL_INFO, "  [%u bytes not decoded: %s]", skipped.length, undecoded_name(skipped.reason));
}

bool info_is_full(packet_info* pinfo) {
    return info_is_shown(pinfo) && !has_room(pinfo);
}

std::size_t fence_info(packet_info* pinfo) {
    if (!info_is_shown(pinfo))
        return 0;
    col_set_fence(pinfo->cinfo, COL_INFO);
    return std::strlen(col_get_text(pinfo->cinfo, COL_INFO));
}

bool separate_info(packet_info* pinfo, std::size_t fenced, const char* separator) {
    if (!info_is_shown(pinfo))
        return false;
    const std::string_view text = col_get_text(pinfo->cinfo, COL_INFO);
    const bool written = fenced && text.size() > fenced;
    if (written) {
        auto added = text.substr(fenced);
        added.remove_prefix(std::min(added.find_first_not_of(" ,"), added.size()));
        LineBuffer line(packet_arena(pinfo), text.size() + 3);
        line.text(text.substr(0, fenced)).text(separator).text(added);
        col_clear_fence(pinfo->cinfo, COL_INFO);
        col_add_str(pinfo->cinfo, COL_INFO, line.finish());
    }
    col_set_fence(pinfo->cinfo, COL_INFO);
    return written;
}

} // namespace ws
