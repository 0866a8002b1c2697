// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow/subprotocol.hpp"

#include "flow/export_message.hpp"
#include "view/columns.hpp"
#include "view/json_fields.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/limits.hpp"
#include "wireshark/protocol.hpp"

#include <algorithm>

namespace ws {
namespace {

/// Registered subprotocols that Wireshark can decode and that its own dissector does not map. Where the dissector has no name to
/// find it by, it is known by its TCP port.
struct Mapped {
    const char* subprotocol;
    const char* dissector;
    guint port;
    dissector_handle_t handle;
};
Mapped mapped[] = {
    {"mqtt", "mqtt", 0, nullptr},
    {"mqttv3.1", "mqtt", 0, nullptr},
    {"amqp", "amqp", 0, nullptr},
    {"xmpp", "xmpp", 0, nullptr},
    {"msrp", "msrp", 0, nullptr},
    {"bfcp", "bfcp", 0, nullptr},
    {"soap", "xml", 0, nullptr},
    {"rfb", "vnc", 5900, nullptr},
    {"wamp.2.json", "json", 0, nullptr},
    {"wamp.2.msgpack", "msgpack", 0, nullptr},
    {"wamp.2.cbor", "cbor", 0, nullptr},
    {"ocpp1.6", "json", 0, nullptr},
    {"ocpp2.0", "json", 0, nullptr},
    {"ocpp2.0.1", "json", 0, nullptr},
    {"graphql-ws", "json", 0, nullptr},
    {"graphql-transport-ws", "json", 0, nullptr},
    {"janus-protocol", "json", 0, nullptr},
    {"text.ircv3.net", "irc", 6667, nullptr},
    {"opcua+uacp", "opcua", 4840, nullptr},
};

dissector_table_t by_subprotocol;
dissector_table_t by_port;
heur_dissector_list_t heuristics;
bool have_heuristics = false;

/// Looked up on first use: other plugins hand off after this one.
dissector_handle_t handle_of(Mapped& row) {
    if (!row.handle)
        row.handle = find_dissector(row.dissector);
    if (!row.handle && row.port)
        row.handle = dissector_get_default_uint_handle("tcp.port", row.port);
    return row.handle;
}

struct Outcome {
    bool taken;
    guint32
        wants_more; ///< 0, or: bytes from `from` on belong to a unit of which so many are still to come, or of unknown length.
    int from;
};

/// What a dissector is called with that is not Wireshark's.
struct Own {
    const MessageOf* of;
    JsonValue json;
};

/// Calls a dissector (null: those that recognise their own); what it throws concerns this message only, also where it is a bug or
/// a limit of Wireshark's.
/// `may_write`: in the columns.
Outcome call(dissector_handle_t handle, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, const char* subprotocol,
             bool may_write, const Own& own) {
    const auto* saved_string = pinfo->match_string;
    const auto* saved_proto = pinfo->current_proto;
    const auto saved_can_desegment = pinfo->can_desegment;
    const auto saved_callers = pinfo->saved_can_desegment;
    const auto saved_offset = pinfo->desegment_offset;
    const auto saved_length = pinfo->desegment_len;
    const auto saved_tracking = pinfo->want_pdu_tracking;
    const bool writable = col_get_writable(pinfo->cinfo, -1);
    auto* const last_layer = wmem_list_tail(pinfo->layers);
    Outcome outcome{};
    volatile int taken = 0;
    pinfo->match_string = subprotocol;
    pinfo->can_desegment = 2; // the messages are to it what TCP's segments are
    pinfo->desegment_offset = 0;
    pinfo->desegment_len = 0;
    if (!may_write)
        col_set_writable(pinfo->cinfo, -1, FALSE);
    TRY {
        if (own.of && handle == handles.engineio) {
            taken = call_dissector_only(handles.engineio_of_message, tvb, pinfo, tree, const_cast<MessageOf*>(own.of));
        } else if (own.json) {
            add_json(tree, pinfo, {tvb, 0}, own.json);
        } else if (handle) {
            taken = call_dissector_only(handle, tvb, pinfo, tree, nullptr);
        } else {
            heur_dtbl_entry_t* entry = nullptr;
            taken = dissector_try_heuristic(heuristics, tvb, pinfo, tree, &entry, nullptr);
        }
    }
    CATCH_BOUNDS_AND_DISSECTOR_ERRORS {
        taken = 1;
        show_exception(tvb, pinfo, tree, EXCEPT_CODE, GET_MESSAGE);
    }
    FINALLY {
        outcome = {taken != 0, pinfo->desegment_len, pinfo->desegment_offset};
        pinfo->match_string = saved_string;
        pinfo->current_proto = saved_proto;
        pinfo->can_desegment = saved_can_desegment;
        pinfo->saved_can_desegment = saved_callers;
        pinfo->desegment_offset = saved_offset;
        pinfo->desegment_len = saved_length;
        pinfo->want_pdu_tracking = saved_tracking;
        col_set_writable(pinfo->cinfo, -1, writable);
        give_back_layers(pinfo, last_layer);
    }
    ENDTRY;
    return outcome;
}

/// A unit longer than this is not put together, in bytes; nor one of unknown length, for which each message means another try.
constexpr std::size_t most_leftover = std::size_t{16} << 20;
constexpr std::size_t most_leftover_unknown = 16384;

/// The first visit: keeps what waits for the next message.
void keep_leftover(Leftover& leftover, std::uint32_t message, Bytes data, const Outcome& outcome) {
    if (!leftover.bytes.empty())
        leftover.before_message[message].bytes.swap(leftover.bytes);
    leftover.bytes.clear();
    const auto from = static_cast<std::size_t>(outcome.from);
    if (!outcome.wants_more || from >= data.size())
        return;
    const bool known = outcome.wants_more < DESEGMENT_UNTIL_FIN;
    const auto size = data.size() - from;
    leftover.needed = known ? size + outcome.wants_more : 0;
    if (known ? leftover.needed <= most_leftover : size <= most_leftover_unknown)
        leftover.bytes.assign(data.begin() + outcome.from, data.end());
}

/// The first visit: the message is too short to complete what waits. It waits too.
bool waits_with(Leftover& leftover, const Message& message) {
    if (leftover.bytes.empty() || leftover.bytes.size() + message.data.size() >= leftover.needed)
        return false;
    const auto kept = leftover.bytes.size();
    leftover.bytes.resize(kept + message.data.size());
    std::copy(message.data.begin(), message.data.end(), leftover.bytes.begin() + static_cast<std::ptrdiff_t>(kept));
    leftover.before_message[message.number].waits = true;
    return true;
}

/// Gives the subprotocol's dissector the message, behind what it left over of the ones before.
bool call_subprotocol(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Connection& connection, Leftover& leftover,
                      const MessageOf& of, bool may_write) {
    const auto& message = *of.message;
    const bool first = !PINFO_FD_VISITED(pinfo);
    if (first && waits_with(leftover, message))
        return true;
    Bytes before = leftover.bytes;
    if (!first) {
        const auto it = leftover.before_message.find(message.number);
        const bool known = it != leftover.before_message.end();
        if (known && it->second.waits)
            return true;
        before = known ? Bytes(it->second.bytes) : Bytes{};
    }
    auto data = message.data;
    if (!before.empty()) {
        data = packet_arena(pinfo).copy(before, message.data);
        tvb = tvb_new_child_real_data(tvb, data.data(), static_cast<guint>(data.size()), static_cast<gint>(data.size()));
        add_new_data_source(pinfo, tvb, "Messages put together");
    }
    const auto outcome = call(connection.subdissector, tvb, pinfo, tree, connection.subprotocol.c_str(), may_write, {&of, {}});
    if (first)
        keep_leftover(leftover, message.number, data, outcome);
    return outcome.taken || outcome.wants_more;
}

/// The dissector that the user chose for the connection's messages, or that Wireshark or this plugin has for them, or null.
dissector_handle_t find_subdissector(const Connection& connection) {
    const auto& subprotocol = connection.subprotocol;
    if (auto* handle = dissector_get_uint_handle(handles.by_stream, connection.stream))
        return handle;
    auto* of_port = dissector_get_uint_handle(by_port, connection.server_port);
    if (of_port && of_port != dissector_get_default_uint_handle("ws.port", connection.server_port))
        return of_port;
    if (!subprotocol.empty()) {
        if (auto* handle = dissector_get_string_handle(by_subprotocol, subprotocol.c_str()))
            return handle;
        for (auto& row : mapped)
            if (subprotocol == row.subprotocol)
                return handle_of(row);
    }
    // The paths in the table of timers are Engine.IO's.
    return of_port ? of_port : shows(MarkPlace::path, connection.marks) ? handles.engineio : nullptr;
}

dissector_handle_t subdissector_of(Connection& connection) {
    if (!connection.subdissector_known) {
        connection.subdissector = find_subdissector(connection);
        connection.subdissector_known = true;
    }
    return connection.subdissector;
}

/// The name of the dissector that reads this message, or would show it.
const char* reader_of(packet_info* pinfo, Connection& connection, const Message& message) {
    auto* handle = subdissector_of(connection);
    if (const char* name = handle ? dissector_handle_get_dissector_name(handle) : nullptr)
        return name;
    if (!message.text)
        return "data";
    return handles.json && read_json(as_text(message.data), packet_arena(pinfo)) ? "json" : "data-text-lines";
}

bool has_subdissector(Connection& connection) {
    auto* handle = subdissector_of(connection);
    return (handle && handle != handles.json) || have_heuristics;
}

/// `by_name`: the connection's messages are said to be JSON, and Wireshark's dissector shows what is not.
void dissect_json(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, const Message& message, bool by_name) {
    const auto json = read_json(as_text(message.data), packet_arena(pinfo));
    if (json)
        call(nullptr, tvb, pinfo, tree, nullptr, false, {nullptr, json});
    else if (by_name)
        call(handles.json, tvb, pinfo, tree, nullptr, false, {}); // it would overwrite both columns with its name
}

} // namespace

bool wants_messages(Connection& connection) {
    return has_subdissector(connection) || exports_messages();
}

bool has_own_words(Connection& connection, const Message& message) {
    if (!message.text && message.opcode != opcode::binary)
        return false;
    auto* handle = subdissector_of(connection);
    return handle && handle == handles.engineio &&
           proto_is_protocol_enabled(find_protocol_by_id(dissector_handle_get_protocol_index(handle)));
}

void dissect_message(Place at, packet_info* pinfo, proto_tree* tree, Connection& connection, const MessageOf& of) {
    const auto& message = *of.message;
    if (exports_messages())
        export_message(at, pinfo, reader_of(pinfo, connection, message), message);
    auto* handle = subdissector_of(connection);
    const bool ask_others = has_subdissector(connection);
    const bool wants_json = json_is_looked_at(tree) && (handle == handles.json || (protocol.json && message.text));
    if (message.data.empty() || !(ask_others || wants_json))
        return;
    auto* tvb = tvb_new_subset_length(at.tvb, at.offset, static_cast<gint>(message.data.size()));
    if (ask_others) {
        const bool may_write = !info_is_full(pinfo);
        const auto fenced = may_write ? fence_info(pinfo) : 0;
        auto& kept = connection.leftover[static_cast<std::size_t>(of.whose.direction)];
        if (!kept)
            kept = std::make_unique<Leftover>();
        auto& leftover = *kept;
        if ((handle && handle != handles.json && call_subprotocol(tvb, pinfo, tree, connection, leftover, of, may_write)) ||
            call(nullptr, tvb, pinfo, tree, connection.subprotocol.c_str(), may_write, {}).taken) {
            if (may_write)
                separate_info(pinfo, fenced, has_own_words(connection, message) ? " " : ", ");
            return;
        }
    }
    if (has_own_words(connection, message))
        add_text_to_columns(pinfo, message);
    if (wants_json)
        dissect_json(tvb, pinfo, tree, message, handle == handles.json);
}

void hand_off_subprotocols() {
    hand_off_export();
    by_subprotocol = find_dissector_table("ws.protocol");
    by_port = find_dissector_table("ws.port");
    heuristics = find_heur_dissector_list("ws");
    hand_off_json_fields();
}

void open_subprotocols() {
    open_json_fields();
    have_heuristics = false;
    heur_dissector_table_foreach(
        "ws", [](const char*, heur_dtbl_entry_t*, gpointer) { have_heuristics = true; }, nullptr);
}

} // namespace ws
