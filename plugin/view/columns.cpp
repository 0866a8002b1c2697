// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/columns.hpp"

#include "dissector/close_code.hpp"
#include "view/frame_fields.hpp"
#include "view/line_buffer.hpp"
#include "wireshark/packet_keys.hpp"

#include <algorithm>

namespace ws {
namespace {

constexpr std::size_t most_text = 64; ///< Bytes of a text in the Info column.

bool info_is_shown(const packet_info* pinfo) {
    return pinfo->cinfo && col_get_writable(pinfo->cinfo, COL_INFO) && pinfo->cinfo->col_first[COL_INFO] >= 0;
}

/// The beginning of a text (known to be UTF-8), cut at a character's boundary, on one line.
void add_beginning(LineBuffer& line, Bytes text) {
    auto size = std::min(text.size(), most_text);
    while (size < text.size() && size > 0 && (text[size] & 0xc0) == 0x80)
        --size;
    char shown[most_text];
    std::transform(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size), shown,
                   [](std::uint8_t c) { return c < ' ' || c == 127 ? ' ' : static_cast<char>(c); });
    line.text({shown, size});
    if (size < text.size())
        line.text("\xe2\x80\xa6");
}

} // namespace

void start_columns(packet_info* pinfo, Direction direction) {
    col_set_str(pinfo->cinfo, COL_PROTOCOL, "WebSocket");
    if (!info_is_shown(pinfo))
        return;
    col_clear(pinfo->cinfo, COL_INFO); // what stands before a fence stays
    // A packet may have several pieces, in records of TLS or streams of HTTP/2; the direction is told once.
    auto& started = kept_with<bool>(pinfo, packet_key::info_started);
    if (started)
        return;
    started = true;
    col_append_sep_str(pinfo->cinfo, COL_INFO, "  ", direction_text(direction));
}

void add_frame_to_columns(packet_info* pinfo, const Frame& frame) {
    if (!info_is_shown(pinfo))
        return;
    const auto& h = frame.header;
    LineBuffer line(pinfo->pool, 128 + most_text * 3);
    line.text("  ").text(opcode_name(h.opcode)).text(h.fin ? " [" : " (fragment) [").number(h.payload_length);
    if (frame.completes && frame.completes->compressed && !frame.completes->data.empty())
        line.text(" inflated to ").number(frame.completes->data.size());
    auto undecoded = frame.undecoded;
    if (undecoded == Undecoded::no && frame.completes)
        undecoded = frame.completes->undecoded;
    if (undecoded != Undecoded::no)
        line.text(", ").text(undecoded_name(undecoded));
    line.text("]");
    if (frame.violations.any())
        line.text(" [Violation]");
    if (h.opcode == opcode::close && frame.payload.size() >= 2) {
        const auto code = static_cast<std::uint16_t>(frame.payload[0] << 8 | frame.payload[1]);
        line.text(" ").number(code).text(" ").text(close_code(code).name);
    } else if (frame.completes && frame.completes->text && !frame.completes->data.empty()) {
        line.text(" ");
        add_beginning(line, frame.completes->data);
    }
    col_append_str(pinfo->cinfo, COL_INFO, line.finish());
}

void add_diagnosis_to_columns(packet_info* pinfo, const Diagnosed& found) {
    if (!info_is_shown(pinfo))
        return;
    const char* name = diagnosis_table()[static_cast<std::size_t>(found.diagnosis)].name;
    col_append_sep_fstr(pinfo->cinfo, COL_INFO, " ", "[WebSocket: %s%s%s]", name, found.figure.empty() ? "" : " ",
                        found.figure.data());
}

void add_part_to_columns(packet_info* pinfo, const FramePart& part) {
    if (info_is_shown(pinfo))
        col_append_fstr(pinfo->cinfo, COL_INFO, "  [%u bytes of a frame that goes on]", part.length);
}

void add_skipped_to_columns(packet_info* pinfo, const SkippedBytes& skipped) {
    if (!info_is_shown(pinfo))
        return;
    if (skipped.lost)
        col_append_fstr(pinfo->cinfo, COL_INFO, "  [%" G_GUINT64_FORMAT " bytes not captured]", skipped.lost);
    else
        col_append_fstr(pinfo->cinfo, COL_INFO, "  [%u bytes not decoded: %s]", skipped.length, undecoded_name(skipped.reason));
}

} // namespace ws
