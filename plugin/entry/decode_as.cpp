// SPDX-License-Identifier: GPL-2.0-or-later
// Decode As for what messages carry: by the negotiated subprotocol, by the server's port, and for one connection.
#include "entry/entries.hpp"
#include "state/capture.hpp"
#include "subprotocols/registration.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/protocol.hpp"

#include "dissector/subprotocols/subprotocols.hpp"

#include <epan/decode_as.h>

#include <vector>

namespace ws {
namespace {

/// What the user can choose of Wireshark's, where the release has it.
constexpr const char* payloads[] = {"amqp", "cbor", "data", "json", "mqtt", "msgpack", "protobuf", "sip", "xml", "xmpp"};

template <class... Values>
void prompt(gchar* result, const char* format, Values... values) {
    g_snprintf(result, MAX_DECODE_AS_PROMPT_LEN, format, values...);
}

void prompt_protocol(packet_info* pinfo, gchar* result) {
    const auto* connection = connection_shown(pinfo);
    prompt(result, "WebSocket subprotocol %s", connection ? connection->subprotocol.c_str() : "");
}

void prompt_port(packet_info* pinfo, gchar* result) {
    const auto* connection = connection_shown(pinfo);
    prompt(result, "WebSocket on the server's port %u", connection ? connection->server_port : 0U);
}

void prompt_stream(packet_info* pinfo, gchar* result) {
    prompt(result, "WebSocket connection %u", stream_shown(pinfo).value_or(0));
}

gpointer value_protocol(packet_info* pinfo) {
    const auto* connection = connection_shown(pinfo);
    return connection && !connection->subprotocol.empty() ? const_cast<char*>(connection->subprotocol.c_str()) : nullptr;
}

gpointer value_port(packet_info* pinfo) {
    const auto* connection = connection_shown(pinfo);
    return GUINT_TO_POINTER(connection ? connection->server_port : 0U);
}

gpointer value_stream(packet_info* pinfo) {
    return GUINT_TO_POINTER(stream_shown(pinfo).value_or(0));
}

struct Choice {
    const char* table;
    build_label_func label;
    build_valid_func value;
    decode_as_value_t values;
    decode_as_t entry;
};

Choice choices[] = {
    {"ws.protocol", prompt_protocol, value_protocol, {}, {}},
    {"ws.port", prompt_port, value_port, {}, {}},
    {"ws.stream", prompt_stream, value_stream, {}, {}},
};

} // namespace

void register_decode_as_entry() {
    register_subprotocols(); // they are among the choices
    handles.by_stream = register_dissector_table("ws.stream", "WebSocket connection", protocol.id, FT_UINT32, BASE_DEC);
    for (auto& choice : choices) {
        choice.values = {choice.label, 1, &choice.value};
        choice.entry = {"ws",
                        choice.table,
                        1,
                        0,
                        &choice.values,
                        nullptr,
                        nullptr,
                        decode_as_default_populate_list,
                        decode_as_default_reset,
                        decode_as_default_change,
                        nullptr};
        register_decode_as(&choice.entry);
    }
}

void hand_off_decode_as_entry() {
    std::vector<const char*> names(std::begin(payloads), std::end(payloads));
    for (const auto* one : all_subprotocols())
        names.push_back(one->name);
    for (const auto* name : names)
        if (auto* handle = find_dissector(name))
            for (const auto& choice : choices)
                dissector_add_for_decode_as(choice.table, handle);
}

} // namespace ws
