// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/columns.hpp"

#include "dissector/line_buffer.hpp"
#include "dissector/words.hpp"
#include "view/frame_fields.hpp"
#include "wireshark/protocol.hpp"
#include "wireshark/visit.hpp"

#include <algorithm>
#include <cstring>

namespace ws {
namespace {

/// The Info column of this packet. Texts are put together here and handed over once for each piece: with each one that is
/// appended Wireshark goes through those before it.
struct {
    PacketVisit visit;
    bool started;
    std::uint32_t http2_stream; ///< That was named last.
    std::size_t before;         ///< Bytes that the column has already,
    bool before_is_known;
    std::size_t size; ///< and of what waits for it.
    char text[COL_MAX_INFO_LEN];
} so_far;

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

void look_at_column(packet_info* pinfo) {
    if (so_far.visit != this_visit(pinfo)) {
        so_far.visit = this_visit(pinfo);
        so_far.started = so_far.before_is_known = false;
        so_far.http2_stream = 0;
        so_far.size = 0;
    }
    if (so_far.before_is_known)
        return;
    const auto* text = col_get_text(pinfo->cinfo, COL_INFO);
    so_far.before = text ? std::strlen(text) : 0;
    so_far.before_is_known = true;
}

/// What would not be shown is not appended.
bool has_room(packet_info* pinfo) {
    look_at_column(pinfo);
    return so_far.before + so_far.size < COL_MAX_INFO_LEN - 1;
}

void append(packet_info* pinfo, std::string_view text) {
    look_at_column(pinfo);
    const auto size = beginning_of_text(as_bytes(text), sizeof so_far.text - 1 - so_far.size);
    so_far.size += text.copy(so_far.text + so_far.size, size);
}

/// As col_add_str() does in a column without a fence, but not byte by byte: that is a tenth of the work for a small frame.
void set_info(column_info* columns, const char* text, std::size_t size) {
    for (int i = columns->col_first[COL_INFO]; i <= columns->col_last[COL_INFO]; ++i) {
        auto& column = columns->columns[i];
        if (!column.fmt_matx[COL_INFO])
            continue;
        std::memcpy(column.col_buf, text, size + 1); // which has COL_MAX_INFO_LEN bytes
        column.col_data = column.col_buf;
    }
}

} // namespace

void start_columns(packet_info* pinfo, const Whose& whose) {
    col_set_str(pinfo->cinfo, COL_PROTOCOL, "WebSocket");
    if (!info_is_shown(pinfo))
        return;
    finish_columns(pinfo);
    col_clear(pinfo->cinfo, COL_INFO); // what stands before a fence stays
    so_far.before_is_known = false;
    look_at_column(pinfo);
    // A packet may have several pieces, in records of TLS or streams of HTTP/2; the direction is told once.
    if (!so_far.started) {
        append(pinfo, so_far.before ? "  " : "");
        append(pinfo, direction_text(whose.direction));
    }
    if (whose.http2_stream != so_far.http2_stream) {
        LineBuffer line(packet_arena(pinfo), 32);
        append(pinfo, line.text("  [stream ").number(whose.http2_stream).text("]").view());
    }
    so_far.started = true;
    so_far.http2_stream = whose.http2_stream;
}

void finish_columns(packet_info* pinfo) {
    if (!so_far.size || so_far.visit != this_visit(pinfo))
        return;
    so_far.text[so_far.size] = 0;
    if (so_far.before)
        col_append_str(pinfo->cinfo, COL_INFO, so_far.text);
    else if (info_is_shown(pinfo)) // still
        set_info(pinfo->cinfo, so_far.text, so_far.size);
    so_far.size = 0;
    so_far.before_is_known = false;
}

void add_frame_to_columns(packet_info* pinfo, const Frame& frame, std::string_view words, bool with_text) {
    if (!info_is_shown(pinfo) || !has_room(pinfo))
        return;
    const auto violations = frame.violations.any() ? frame.violations.count() : 0;
    LineBuffer line(packet_arena(pinfo), 512 + std::max(text_in_a_line(), words.size()) + violations * 32);
    line.text("  ");
    if (frame.completes)
        add_message(line, frame, words, with_text);
    else if (is_control(frame.header.opcode) && frame.header.opcode <= opcode::pong && frame.undecoded == Undecoded::no)
        line.text(kept_words_of_control(frame, packet_arena(pinfo))).text(words.empty() ? "" : " ").text(words);
    else
        add_plain_frame(line, frame);
    add_packet(line, frame.reassembled_in);
    for (std::size_t i = 0; violations && i < violation_table().size(); ++i)
        if (frame.violations.has(static_cast<Violation>(i)))
            line.text(" [Violation: ").text(violation_table()[i].name).text("]");
    append(pinfo, line.view());
}

void add_text_to_columns(packet_info* pinfo, const Message& message) {
    if (!info_is_shown(pinfo) || !has_room(pinfo))
        return;
    LineBuffer line(packet_arena(pinfo), 16 + text_in_a_line());
    append(pinfo, line.readable(message, text_in_a_line()).view());
}

void add_goes_on_to_columns(packet_info* pinfo, std::uint32_t packet) {
    if (!info_is_shown(pinfo) || !has_room(pinfo))
        return;
    LineBuffer line(packet_arena(pinfo), 64);
    line.text(" [goes on");
    if (packet)
        line.text(" in #").number(packet);
    append(pinfo, line.text("]").view());
}

void add_diagnosis_to_columns(packet_info* pinfo, const Diagnosed& found) {
    if (!info_is_shown(pinfo))
        return;
    finish_columns(pinfo);
    so_far.before_is_known = false;
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
    append(pinfo, line.view());
}

void add_skipped_to_columns(packet_info* pinfo, const SkippedBytes& skipped) {
    if (!info_is_shown(pinfo))
        return;
    LineBuffer line(packet_arena(pinfo), 128);
    line.text("  [");
    if (skipped.lost)
        line.number(skipped.lost).text(" bytes not captured]");
    else
        line.number(skipped.length).text(" bytes not decoded: ").text(undecoded_name(skipped.reason)).text("]");
    append(pinfo, line.view());
}

bool info_is_full(packet_info* pinfo) {
    return info_is_shown(pinfo) && !has_room(pinfo);
}

std::size_t fence_info(packet_info* pinfo) {
    if (!info_is_shown(pinfo))
        return 0;
    finish_columns(pinfo);
    so_far.before_is_known = false; // others write
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
