// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow/subdissector.hpp"

#include "flow/call_guarded.hpp"
#include "subprotocols/protocols.hpp"
#include "view/columns.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/protocol.hpp"

#include "dissector/subprotocols/subprotocols.hpp"

#include <algorithm>

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
        return handle ? handle : find_dissector(row.own->name);
    }
    auto* handle = find_dissector(row.dissector);
    return handle || !row.port ? handle : dissector_get_default_uint_handle("tcp.port", row.port);
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

/// Where the message that ends with what waits goes on: 0: not known yet; nothing: none waits.
std::optional<std::uint32_t> where_it_goes_on(packet_info* pinfo, const Leftover& leftover, std::uint32_t message) {
    if (!PINFO_FD_VISITED(pinfo))
        return leftover.bytes.empty() ? std::nullopt : std::optional(0U);
    const auto it = leftover.before_message.find(message);
    return it == leftover.before_message.end() || !it->second.goes_on_in ? std::nullopt : std::optional(it->second.goes_on_in);
}

/// Gives the dissector the message, behind what it left over of the ones before.
bool call_with_leftover(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Connection& connection, Leftover& leftover,
                        const Message& message, bool may_write) {
    const bool first = !PINFO_FD_VISITED(pinfo);
    if (first && !leftover.bytes.empty())
        leftover.before_message[leftover.message].goes_on_in = pinfo->num;
    leftover.message = message.number;
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
    auto* const handle = connection.subdissector;
    const auto outcome = call_guarded(tvb, pinfo, tree, connection.subprotocol.c_str(), may_write,
                                      [=] { return call_dissector_only(handle, tvb, pinfo, tree, nullptr); });
    if (first)
        keep_leftover(leftover, message.number, data, outcome);
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
    auto& kept = connection.unfinished->leftover[static_cast<std::size_t>(direction)];
    if (!kept)
        kept = std::make_unique<Leftover>();
    const bool by_other = is_read_by_other(connection);
    Dissected dissected{by_other && call_with_leftover(tvb, pinfo, tree, connection, *kept, message, may_write), std::nullopt};
    if (dissected.taken)
        dissected.goes_on_in = where_it_goes_on(pinfo, *kept, message.number);
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
