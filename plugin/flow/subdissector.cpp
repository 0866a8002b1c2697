// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow/subdissector.hpp"

#include "flow/call_guarded.hpp"
#include "state/capture.hpp"
#include "subprotocols/protocols.hpp"
#include "view/columns.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/protocol.hpp"

#include "dissector/subprotocols/subprotocols.hpp"

namespace ws {
namespace {

dissector_table_t by_subprotocol;
dissector_table_t by_port;
heur_dissector_list_t heuristics;
bool have_heuristics = false;

dissector_handle_t handle_of(const Subprotocol* own) {
    const auto* known = own ? registered(*own) : nullptr;
    return known ? known->by_name : nullptr;
}

/// Where the release has a dissector of its own by the name of one of ours, that one.
dissector_handle_t handle_of(const SubprotocolName& row) {
    if (!*row.dissector) {
        auto* handle = handle_of(row.own);
        return handle || !row.own ? handle : find_dissector(row.own->name);
    }
    auto* handle = find_dissector(row.dissector);
    return handle || !row.port ? handle : dissector_get_default_uint_handle("tcp.port", row.port);
}

/// Where the message that ends with what waits goes on: 0: not known yet; nothing: none waits.
std::optional<std::uint32_t> where_it_goes_on(packet_info* pinfo, const Continuation& leftover, std::uint32_t message) {
    if (!PINFO_FD_VISITED(pinfo))
        return leftover.waits() ? std::optional(0U) : std::nullopt;
    const auto packet = leftover.goes_on_in(message);
    return packet ? std::optional(packet) : std::nullopt;
}

/// The first visit: what the dissector did not take waits for the next message.
void keep_leftover(Continuation& leftover, Bytes data, const Outcome& outcome) {
    if (!outcome.wants_more || outcome.from < 0 || static_cast<std::size_t>(outcome.from) >= data.size())
        return;
    const auto from = static_cast<std::size_t>(outcome.from);
    const bool is_counted = outcome.wants_more < DESEGMENT_UNTIL_FIN;
    leftover.leave(data, from, {is_counted ? data.size() - from + outcome.wants_more : 0, {}});
}

/// Gives the dissector the message, behind what it left over of the ones before.
bool call_with_leftover(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Connection& connection, Continuation& leftover,
                        const Message& message, bool may_write) {
    const bool first = !PINFO_FD_VISITED(pinfo);
    const auto arena = packet_arena(pinfo);
    const auto data = first ? leftover.next(message.data, message.number, pinfo->num, capture->revisits.may(pinfo), arena)
                            : leftover.again(message.data, message.number, arena);
    if (!data)
        return true; // it waits too
    if (data->data() != message.data.data()) {
        const auto size = static_cast<gint>(data->size());
        tvb = tvb_new_child_real_data(tvb, data->data(), static_cast<guint>(size), size);
        add_new_data_source(pinfo, tvb, "Messages put together");
    }
    auto* const handle = connection.subdissector;
    const auto outcome = call_guarded(tvb, pinfo, tree, connection.subprotocol.c_str(), may_write,
                                      [=] { return call_dissector_only(handle, tvb, pinfo, tree, nullptr); });
    if (first)
        keep_leftover(leftover, *data, outcome);
    return outcome.taken || outcome.wants_more;
}

/// The dissector that the user chose, or that Wireshark or this plugin has for the negotiated subprotocol or the port.
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
        if (const auto* row = find_subprotocol_name(subprotocol))
            return handle_of(*row);
    }
    return of_port;
}

/// The version that a server of the remote framebuffer sends first (RFC 6143, 7.1.1), where websockify's URL or name is.
bool begins_rfb(const Connection& connection, std::string_view url, Bytes first) {
    constexpr std::size_t size = 12;
    return (connection.subprotocol == "binary" || url.find("/websockify") != std::string_view::npos) && first.size() == size &&
           as_text(first).starts_with("RFB 003.00") && first.back() == '\n';
}

} // namespace

void look_up_subdissector(Connection& connection, const char* url, Bytes first) {
    if (connection.subdissector_known)
        return;
    auto* handle = find_subdissector(connection);
    if (!handle && begins_rfb(connection, url, first))
        handle = handle_of(*find_subprotocol_name("rfb"));
    const auto* known = registered(handle);
    const auto* own = known ? known->of : nullptr;
    if (const auto* row = find_subprotocol_name(connection.subprotocol);
        row && handle && handle == find_dissector(row->dissector))
        own = row->own; // it is asked first
    if (own || !handle)
        connection.subprotocol_reader = std::make_unique<SubprotocolReader>(own, subprotocol_of_url(url));
    connection.subdissector = known ? nullptr : handle;
    connection.subdissector_known = true;
}

bool is_read_by_other(const Connection& connection) {
    return connection.subdissector && connection.subdissector != handles.json;
}

bool has_subdissector(const Connection& connection) {
    return is_read_by_other(connection) || have_heuristics;
}

Dissected call_subdissector(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Connection& connection, Direction direction,
                            const Message& message) {
    const bool may_write = !info_is_full(pinfo);
    const auto fenced = may_write ? fence_info(pinfo) : 0;
    if (!connection.unfinished)
        connection.unfinished = std::make_unique<UnfinishedContent>();
    auto& leftover = connection.unfinished->leftover[static_cast<std::size_t>(direction)];
    const bool by_other = is_read_by_other(connection);
    Dissected dissected{by_other && call_with_leftover(tvb, pinfo, tree, connection, leftover, message, may_write), std::nullopt};
    if (dissected.taken)
        dissected.goes_on_in = where_it_goes_on(pinfo, leftover, message.number);
    else
        dissected.taken = call_guarded(tvb, pinfo, tree, connection.subprotocol.c_str(), may_write, [=] {
                              heur_dtbl_entry_t* entry = nullptr;
                              return dissector_try_heuristic(heuristics, tvb, pinfo, tree, &entry, nullptr) ? 1 : 0;
                          }).taken;
    if (may_write && !separate_info(pinfo, fenced, by_other ? " " : ", ") && by_other)
        add_text_to_columns(pinfo, message);
    return dissected;
}

void hand_off_subdissectors() {
    by_subprotocol = find_dissector_table("ws.protocol");
    by_port = find_dissector_table("ws.port");
    heuristics = find_heur_dissector_list("ws");
}

void open_subdissectors() {
    have_heuristics = false;
    heur_dissector_table_foreach(
        "ws", [](const char*, heur_dtbl_entry_t*, gpointer) { have_heuristics = true; }, nullptr);
}

} // namespace ws
