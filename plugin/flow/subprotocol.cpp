// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow/subprotocol.hpp"

#include "flow/call_guarded.hpp"
#include "flow/export_message.hpp"
#include "flow/subdissector.hpp"
#include "state/capture.hpp"
#include "view/json_fields.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/protocol.hpp"

#include "dissector/big_endian.hpp"
#include "dissector/utf8.hpp"

namespace ws {
namespace {

/// The name of the dissector that reads this message, or would show it.
const char* reader_of(packet_info* pinfo, const Connection& connection, const Message& message, const Told& told) {
    if (!told.records.empty())
        return told.records.front().of->name;
    if (const char* name = connection.subdissector ? dissector_handle_get_dissector_name(connection.subdissector) : nullptr)
        return name;
    if (!message.text)
        return "data";
    return handles.json && read_json(as_text(message.data), packet_arena(pinfo)) ? "json" : "data-text-lines";
}

tvbuff_t* of_message(Place at, const Message& message) {
    return tvb_new_subset_length(at.tvb, at.offset, static_cast<gint>(message.data.size()));
}

/// `by_name`: the connection's messages are said to be JSON, and Wireshark's dissector shows what is not.
void dissect_json(Place at, packet_info* pinfo, proto_tree* tree, const Message& message, bool by_name) {
    const auto json = read_json(as_text(message.data), packet_arena(pinfo));
    if (!json && !by_name)
        return;
    auto* tvb = of_message(at, message);
    call_guarded(tvb, pinfo, tree, nullptr, false, [=] { // it would overwrite both columns with its name
        if (!json)
            return call_dissector_only(handles.json, tvb, pinfo, tree, nullptr);
        add_json(tree, pinfo, {tvb, 0}, json);
        return 1;
    });
}

/// What the subprotocol's reader says of the message.
std::span<const Record> read_records(packet_info* pinfo, Connection& connection, const Whose& whose, const Message& message) {
    look_up_subdissector(connection, whose.url, message.data);
    auto& reader = connection.subprotocol_reader;
    if (!reader || (!message.text && message.opcode != opcode::binary))
        return {};
    const auto arena = packet_arena(pinfo);
    const Reading reading(message.data, message.text, arena, whose.direction, whose.url, connection.subprotocol);
    const Arrival arrival{whose.direction, message.number, message.after_loss, pinfo->num, time_of(pinfo)};
    const auto records =
        PINFO_FD_VISITED(pinfo) ? reader->again(reading, arrival) : reader->read(reading, arrival, capture->revisits.may(pinfo));
    if (reader->gave_up())
        reader.reset();
    return records;
}

/// On the first visit: where a message is missing, or could not be decoded, nothing of those before it goes on.
void note_loss(Connection& connection, Direction direction, const Frame& frame) {
    const auto* message = frame.completes;
    if (!message || !connection.unfinished || (is_decoded(frame) && !message->after_loss))
        return;
    const auto side = static_cast<std::size_t>(direction);
    auto& [leftover, stream] = *connection.unfinished;
    leftover[side].forget();
    if (stream[side])
        stream[side]->lose();
}

/// What the application itself had compressed.
Decompressed open_message(packet_info* pinfo, Connection& connection, Direction direction, const Message& message) {
    if (message.opcode != opcode::binary)
        return {};
    auto& unfinished = connection.unfinished;
    auto* stream = unfinished ? unfinished->stream[static_cast<std::size_t>(direction)].get() : nullptr;
    const auto arena = packet_arena(pinfo);
    const auto limit = std::size_t{protocol.limit_mib} << 20;
    const bool first = !PINFO_FD_VISITED(pinfo);
    if (stream) {
        const auto opened = first ? stream->next(message.data, message.number, capture->revisits.may(pinfo), arena)
                                  : stream->again(message.data, message.number, arena);
        if (opened.format)
            return opened;
    }
    const auto opened = decompress_application(message.data, limit, arena);
    if (!first || stream || !opened.goes_on)
        return opened;
    if (!unfinished)
        unfinished = std::make_unique<UnfinishedContent>();
    auto& begun = unfinished->stream[static_cast<std::size_t>(direction)];
    begun = std::make_unique<ApplicationStream>(message.number, limit);
    return begun->next(message.data, message.number, capture->revisits.may(pinfo), arena);
}

/// `GraphQL Unauthorized`: what the code means to the subprotocol, if it has names of its own.
std::string_view words_of_close(packet_info* pinfo, const Connection& connection, const Frame& frame) {
    const auto* known = connection.subprotocol_reader ? connection.subprotocol_reader->known() : nullptr;
    const char* const name = known && frame.payload.size() >= 2 ? name_of(known->close_codes, be16(frame.payload, 0)) : nullptr;
    if (!name)
        return {};
    LineBuffer line(packet_arena(pinfo), 128);
    return line.text(known->title).text(" ").text(name).view();
}

/// `gzip [1200] {"a":…`
std::string_view words_of_opened(packet_info* pinfo, const Message& opened, const char* format, std::string_view words) {
    LineBuffer line(packet_arena(pinfo), 64 + text_in_a_line() + words.size());
    line.text(format).text(" [").number(opened.data.size()).text("]");
    return words.empty() ? line.readable(opened, text_in_a_line()).view() : line.text(" ").text(words).view();
}

} // namespace

Message told_message(const Message& message, const Decompressed& opened) {
    auto inner = message;
    inner.data = opened.data;
    inner.text = well_formed_part(opened.data) == opened.data.size();
    return inner;
}

Told tell(packet_info* pinfo, Connection& connection, const Whose& whose, const Frame& frame) {
    if (frame.header.opcode == opcode::close)
        return {{}, words_of_close(pinfo, connection, frame)};
    if (!PINFO_FD_VISITED(pinfo))
        note_loss(connection, whose.direction, frame);
    if (!is_decoded(frame))
        return {};
    const auto& message = *frame.completes;
    Told told{};
    told.opened = open_message(pinfo, connection, whose.direction, message);
    const bool is_opened = told.opened.format != nullptr;
    const auto inner = is_opened ? told_message(message, told.opened) : message;
    const auto records = read_records(pinfo, connection, whose, inner);
    if (!records.empty() && is_shown(records.front())) {
        told.records = records;
        told.words = words_of(pinfo, records);
    }
    told.by_other = told.records.empty() && is_read_by_other(connection);
    if (is_opened)
        told.words = words_of_opened(pinfo, inner, told.opened.format, told.words);
    return told;
}

bool wants_messages(const Connection& connection) {
    return has_subdissector(connection) || exports_messages();
}

std::optional<std::uint32_t> dissect_message(Place at, packet_info* pinfo, proto_tree* tree, Connection& connection,
                                             Direction direction, const Message& message, const Told& told) {
    if (exports_messages())
        export_message(at, pinfo, reader_of(pinfo, connection, message, told), message);
    auto* handle = connection.subdissector;
    const bool ask_others = told.records.empty() && has_subdissector(connection);
    const bool wants_json = json_is_looked_at(tree) && (handle == handles.json || (protocol.json && message.text));
    if (!told.records.empty()) {
        const auto records = told.records;
        auto* tvb = of_message(at, message);
        call_guarded(tvb, pinfo, tree, nullptr, false, [=] {
            show_records({tvb, 0}, pinfo, tree, records);
            return 1;
        });
        return records.back().goes_on ? std::optional(records.back().goes_on_in) : std::nullopt;
    }
    if (message.data.empty())
        return std::nullopt;
    if (ask_others)
        if (const auto dissected = call_subdissector(of_message(at, message), pinfo, tree, connection, direction, message);
            dissected.taken)
            return dissected.goes_on_in;
    if (wants_json)
        dissect_json(at, pinfo, tree, message, handle == handles.json);
    return std::nullopt;
}

void hand_off_subprotocols() {
    hand_off_export();
    hand_off_subdissectors();
    hand_off_json_fields();
}

void open_subprotocols() {
    open_json_fields();
    open_subdissectors();
}

} // namespace ws
