// SPDX-License-Identifier: GPL-2.0-or-later
// File > Export Objects > WebSocket, and tshark --export-objects ws,FOLDER: each message a file.
#include "state/tapped.hpp"
#include "taps/command.hpp"
#include "taps/taps.hpp"
#include "wireshark/protocol.hpp"

#include "dissector/json.hpp"

#include <epan/export_object.h>

#include <string_view>

namespace ws {
namespace {

struct Kind {
    std::string_view begins;
    const char* extension;
    const char* content_type;
};
/// What binary messages often are, by their first bytes.
constexpr Kind kinds[] = {
    {"\x89PNG\r\n\x1a\n", "png", "image/png"},
    {"\xff\xd8\xff", "jpg", "image/jpeg"},
    {"GIF8", "gif", "image/gif"},
    {"RIFF", "riff", "application/octet-stream"},
    {"OggS", "ogg", "application/ogg"},
    {"%PDF-", "pdf", "application/pdf"},
    {"PK\x03\x04", "zip", "application/zip"},
    {"\x1f\x8b", "gz", "application/gzip"},
    {"\x28\xb5\x2f\xfd", "zst", "application/zstd"},
    {{"\0asm", 4}, "wasm", "application/wasm"},
};
constexpr Kind text = {"", "txt", "text/plain"}, json = {"", "json", "application/json"},
               other = {"", "bin", "application/octet-stream"};

const Kind& kind_of(packet_info* pinfo, const Message& message) {
    const auto bytes = as_text(message.data);
    if (message.text)
        return read_json(bytes, packet_arena(pinfo)) ? json : text;
    for (const auto& kind : kinds)
        if (bytes.starts_with(kind.begins))
            return kind;
    return other;
}

tap_packet_status add(void* list, packet_info* pinfo, epan_dissect_t*, const void* queued, tap_flags_t) {
    const auto& tapped = *static_cast<const Tapped*>(queued);
    const auto* const* frame = std::get_if<const Frame*>(&tapped.what);
    if (!frame || !is_decoded(**frame))
        return TAP_PACKET_DONT_REDRAW;
    const auto& message = *(*frame)->completes;
    const auto& kind = kind_of(pinfo, message);
    const bool up = tapped.direction == Direction::client_to_server;
    // Named by numbers alone: nothing that a peer sent can make it another file.
    auto* entry = g_new0(export_object_entry_t, 1);
    entry->pkt_num = tapped.packet;
    entry->hostname = g_strdup(ends_of(pinfo, tapped.direction).server.c_str());
    entry->content_type = g_strdup(kind.content_type);
    entry->filename =
        g_strdup_printf("stream%u-%s-%06u.%s", tapped.stream, up ? "client" : "server", message.number, kind.extension);
    entry->payload_len = static_cast<decltype(entry->payload_len)>(message.data.size());
    entry->payload_data = static_cast<decltype(entry->payload_data)>(g_memdup2(message.data.data(), message.data.size()));
    auto* objects = static_cast<export_object_list_t*>(list);
    objects->add_entry(objects->gui_data, entry);
    return TAP_PACKET_REDRAW;
}

} // namespace

void register_export_objects() {
    tap_ids.objects = register_export_object(protocol.id, add, nullptr);
}

} // namespace ws
