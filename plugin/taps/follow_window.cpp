// SPDX-License-Identifier: GPL-2.0-or-later
// Tools > WebSocket in the GUI before 4.4, whose Follow menu is made of what Wireshark itself knows: the same text in a window.
#include "state/capture.hpp"
#include "taps/taps.hpp"
#include "wireshark/protocol.hpp"

#include <cfile.h>
#include <epan/epan_dissect.h>
#include <epan/funnel.h>
#include <epan/plugin_if.h>

#include <string>

namespace ws {
namespace {

/// A window has no more, in bytes.
constexpr std::size_t longest_text = std::size_t{64} << 20;

std::optional<std::uint32_t> stream_of_selected_packet() {
    std::optional<std::uint32_t> stream;
    plugin_if_get_capture_file(
        [](capture_file* file, void* found) -> void* {
            if (file->edt)
                *static_cast<std::optional<std::uint32_t>*>(found) = stream_shown(&file->edt->pi);
            return nullptr;
        },
        &stream);
    return stream;
}

/// As Follow shows bytes: what is no text as dots. A window's text ends at NUL.
void append_printable(std::string& text, const GByteArray& bytes) {
    const bool utf8 = g_utf8_validate_len(reinterpret_cast<const char*>(bytes.data), bytes.len, nullptr);
    for (guint i = 0; i < bytes.len; ++i) {
        const auto c = bytes.data[i];
        const bool shown = c == '\n' || c == '\t' || (c >= ' ' && c != 0x7f && (utf8 || c < 0x80));
        text += shown ? static_cast<char>(c) : '.';
    }
    if (!text.ends_with('\n'))
        text += '\n';
}

std::string text_of(const follow_info_t& info) {
    std::string text;
    for (const auto* at = g_list_last(info.payload); at; at = at->prev) {
        if (text.size() > longest_text)
            return text + "[There is more: tshark -z follow,ws,ascii shows all of it]\n";
        const auto& record = *static_cast<const follow_record_t*>(at->data);
        text += "#" + std::to_string(record.packet_num) + (record.is_server ? " Server: " : " Client: ");
        append_printable(text, *record.data);
    }
    return text;
}

std::string followed(const funnel_ops_t& gui, const std::string& filter) {
    auto* info = g_new0(follow_info_t, 1);
    info->show_stream = BOTH_HOSTS;
    info->filter_out_filter = g_strdup(filter.c_str());
    auto* follower = get_follow_by_name("WS");
    if (auto* error = register_tap_listener(get_follow_tap_string(follower), info, filter.c_str(), 0, nullptr,
                                            get_follow_tap_handler(follower), nullptr, nullptr)) {
        g_string_free(error, TRUE);
    } else {
        gui.retap_packets(gui.ops_id);
        remove_tap_listener(info);
    }
    auto text = text_of(*info);
    follow_info_free(info);
    return text;
}

void show_only(std::uint32_t stream) {
    plugin_if_apply_filter(("ws.stream eq " + std::to_string(stream)).c_str(), TRUE);
}

gboolean show_only_followed(funnel_text_window_t*, void* stream) noexcept {
    show_only(GPOINTER_TO_UINT(stream));
    return TRUE;
}

void tell_that_there_is_none() {
    const auto* gui = funnel_get_funnel_ops();
    gui->set_text(gui->new_text_window(gui->ops_id, "WebSocket"), "The selected packet belongs to no WebSocket connection.");
}

void follow_selected(void*) noexcept {
    const auto stream = stream_of_selected_packet();
    if (!stream)
        return tell_that_there_is_none();
    const auto* gui = funnel_get_funnel_ops();
    const auto filter = "ws.stream eq " + std::to_string(*stream);
    auto* window = gui->new_text_window(gui->ops_id, ("Follow WebSocket Stream (" + filter + ")").c_str());
    auto* button = g_new0(funnel_bt_t, 1);
    button->tw = window;
    button->func = show_only_followed;
    button->data = GUINT_TO_POINTER(*stream);
    button->free_fcn = g_free;
    gui->add_button(window, button, "Filter on this stream");
    gui->set_text(window, followed(*gui, filter).c_str());
}

void filter_on_selected(void*) noexcept {
    const auto stream = stream_of_selected_packet();
    stream ? show_only(*stream) : tell_that_there_is_none();
}

void filter_on_problems(void*) noexcept {
    plugin_if_apply_filter("ws.violation or ws.diagnosis", TRUE);
}

void add_to_tools(const char* name, void (*action)(void*) noexcept) {
    funnel_register_menu(name, REGISTER_TOOLS_GROUP_UNSORTED, action, nullptr, nullptr, FALSE);
}

} // namespace

void register_follow_window() {
    add_to_tools("WebSocket/Follow This Stream", follow_selected);
    add_to_tools("WebSocket/Filter on This Stream", filter_on_selected);
    add_to_tools("WebSocket/Filter on Violations and Diagnoses", filter_on_problems);
}

} // namespace ws
