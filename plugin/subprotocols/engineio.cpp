// SPDX-License-Identifier: GPL-2.0-or-later
// Engine.IO, and Socket.IO on it. Where only the bytes are known, as of exported PDUs, there is no MessageOf.
#include "subprotocols/exchanges.hpp"
#include "subprotocols/subprotocols.hpp"
#include "view/json_fields.hpp"
#include "view/line_buffer.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/protocol.hpp"

#include "dissector/engineio.hpp"
#include "dissector/utf8.hpp"

#include <cstring>

namespace ws {
namespace {

int engineio = -1;
int socketio = -1;
int hf_type = -1;
int hf_sid = -1;
int hf_ping_in = -1;
int hf_pong_in = -1;
int hf_rtt = -1;
int hf_packet = -1;
int hf_namespace = -1;
int hf_event = -1;
int hf_ack_id = -1;
int hf_attachments = -1;
int hf_attachment_of = -1;
int hf_response_in = -1;
int hf_response_to = -1;
int ett_engineio = -1;
int ett_socketio = -1;

/// The core's names as Wireshark's value strings.
template <const char* (*name)(std::uint8_t) noexcept>
const value_string* types_of() {
    static value_string rows[8] = {};
    for (std::uint8_t type = 0; type < 7; ++type)
        rows[type] = {type, name(type)};
    return rows;
}

/// Kinds of questions: acknowledgments have ids, heartbeats do not.
constexpr char by_id = 's', by_turn = 'e';

constexpr std::size_t most_words = 160; ///< Bytes of a name in the Info column.

Bytes bytes_of(tvbuff_t* tvb) {
    const auto size = tvb_captured_length(tvb);
    return {tvb_get_ptr(tvb, 0, static_cast<gint>(size)), size};
}

/// Where a part of the text stands in the tvb that has it all.
struct Part {
    gint offset, size;
};
Part part_of(std::string_view all, std::string_view part) {
    return {static_cast<gint>(part.data() - all.data()), static_cast<gint>(part.size())};
}

void add_string(proto_tree* tree, packet_info* pinfo, int field, tvbuff_t* tvb, std::string_view all, std::string_view part) {
    const auto at = part_of(all, part);
    add_text(tree, pinfo, field, tvb, at.offset, at.size, part);
}

/// Text that may be JSON and begins here.
void show_json(proto_tree* tree, packet_info* pinfo, Place at, std::string_view text) {
    if (!protocol.json || !json_is_looked_at(tree))
        return;
    if (const auto json = read_json(text, packet_arena(pinfo)))
        add_json(tree, pinfo, at, json);
}

/// The links of a question and its answer; `in` is of the question. `time` -1: no field.
void add_exchange(proto_tree* tree, tvbuff_t* tvb, const Exchange& exchange, bool asks, int in, int to, int time) {
    if (!exchange.asked_in)
        return;
    generated(proto_tree_add_uint(tree, asks ? in : to, tvb, 0, 0, asks ? exchange.answered_in : exchange.asked_in));
    if (!asks && time != -1)
        add_nanoseconds(tree, time, tvb, 0, exchange.time);
}

/// `EVENT "tick"`, `ACK /admin 13`: of a Socket.IO packet.
const char* words_of(packet_info* pinfo, const SocketIoPacket& packet) {
    LineBuffer line(pinfo->pool, 4 * most_words);
    line.text("Socket.IO ").text(socketio_type_name(packet.type));
    if (!packet.name_space.empty())
        line.text(" ").beginning(as_bytes(packet.name_space), most_words);
    if (!packet.event.empty())
        line.text(" \"").beginning(as_bytes(packet.event), most_words).text("\"");
    if (!packet.ack_id.empty())
        line.text(is_ack(packet) ? " " : ", ack ").text(packet.ack_id);
    if (packet.attachments)
        line.text(", ").number(packet.attachments).text(packet.attachments == 1 ? " attachment" : " attachments");
    return line.finish();
}

void dissect_socketio(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, const MessageOf* of, std::string_view all,
                      const SocketIoPacket& packet) {
    const char* words = words_of(pinfo, packet);
    col_append_str(pinfo->cinfo, COL_INFO, words);
    Exchange exchange;
    if (of)
        expect_attachments(pinfo, *of, packet.attachments); // they come next
    if (of && !packet.ack_id.empty() && (is_event(packet) || is_ack(packet))) {
        const Question question{by_id, packet.name_space, packet.ack_id};
        exchange = is_ack(packet) ? exchange_of_answer(pinfo, *of, question) : exchange_of_question(pinfo, *of, question);
    }
    const auto json = all.size() - packet.json.size();
    auto* item = proto_tree_add_protocol_format(tree, socketio, tvb, 1, static_cast<gint>(json) - 1, "%s", words);
    auto* layer = proto_item_add_subtree(item, ett_socketio);
    proto_tree_add_uint(layer, hf_packet, tvb, 1, 1, packet.type);
    if (packet.type >= 5)
        proto_tree_add_uint(layer, hf_attachments, tvb, 2, 1, packet.attachments);
    if (packet.name_space.empty())
        generated(proto_tree_add_string(layer, hf_namespace, tvb, 1, 0, "/"));
    else
        add_string(layer, pinfo, hf_namespace, tvb, all, packet.name_space);
    if (!packet.event.empty())
        add_string(layer, pinfo, hf_event, tvb, all, packet.event);
    if (!packet.ack_id.empty())
        add_string(layer, pinfo, hf_ack_id, tvb, all, packet.ack_id);
    add_exchange(layer, tvb, exchange, !is_ack(packet), hf_response_in, hf_response_to, -1);
    show_json(tree, pinfo, {tvb, static_cast<int>(json)}, packet.json);
}

proto_tree* add_engineio(proto_tree* tree, tvbuff_t* tvb, gint size, const char* words, std::uint8_t type, gint type_size) {
    auto* item = proto_tree_add_protocol_format(tree, engineio, tvb, 0, size, "%s", words);
    auto* layer = proto_item_add_subtree(item, ett_engineio);
    proto_tree_add_uint(layer, hf_type, tvb, 0, type_size, type);
    return layer;
}

/// What does not carry Socket.IO.
void dissect_packet(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, const MessageOf* of, std::string_view all,
                    const EngineIoPacket& packet) {
    LineBuffer line(pinfo->pool, 64 + most_words);
    line.text("Engine.IO ").text(engineio_type_name(packet.type));
    if (packet.type != engineio_open && !packet.data.empty())
        line.text(" ").beginning(as_bytes(packet.data), most_words);
    const char* words = line.finish();
    col_append_str(pinfo->cinfo, COL_INFO, words);
    auto* layer = add_engineio(tree, tvb, static_cast<gint>(all.size()), words, packet.type, 1);
    const bool asks = packet.type == engineio_ping;
    if (of && (asks || packet.type == engineio_pong)) {
        const Question ping{by_turn, {}, packet.data};
        const auto exchange = asks ? exchange_of_question(pinfo, *of, ping) : exchange_of_answer(pinfo, *of, ping);
        add_exchange(layer, tvb, exchange, asks, hf_pong_in, hf_ping_in, hf_rtt);
    }
    if (packet.type == engineio_open) {
        if (const auto sid = read_json(packet.data, packet_arena(pinfo))["sid"]; sid.is(JsonKind::string))
            add_text(layer, pinfo, hf_sid, tvb, 1 + static_cast<gint>(sid.token().begin),
                     static_cast<gint>(sid.token().end - sid.token().begin), sid.string());
        show_json(tree, pinfo, {tvb, 1}, packet.data);
    }
}

int dissect_text(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, const MessageOf* of) {
    const auto all = as_text(bytes_of(tvb));
    const auto packet = parse_engineio(all);
    if (!packet || (of ? !of->message->text : well_formed_part(as_bytes(all)) < all.size()))
        return 0;
    const bool shows_socketio = proto_is_protocol_enabled(find_protocol_by_id(socketio));
    const auto on_it = shows_socketio && packet->type == engineio_message ? parse_socketio(packet->data) : std::nullopt;
    if (on_it) {
        add_engineio(tree, tvb, 1, "Engine.IO message", packet->type, 1);
        dissect_socketio(tvb, pinfo, tree, of, all, *on_it);
    } else {
        dissect_packet(tvb, pinfo, tree, of, all, *packet);
    }
    return static_cast<int>(all.size());
}

/// Up to revision 3 a byte of the type comes first.
int dissect_binary(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, const MessageOf& of) {
    const bool typed = std::strstr(of.whose.url, "EIO=3") && tvb_get_uint8(tvb, 0) == engineio_message;
    const auto header = attachment_of(pinfo, of);
    const auto size = static_cast<gint>(tvb_captured_length(tvb));
    add_engineio(tree, tvb, size, "Engine.IO message, binary", engineio_message, typed ? 1 : 0);
    if (header) {
        auto* part = proto_tree_add_protocol_format(tree, socketio, tvb, typed ? 1 : 0, size - (typed ? 1 : 0),
                                                    "Socket.IO attachment of #%u", header);
        generated(proto_tree_add_uint(proto_item_add_subtree(part, ett_socketio), hf_attachment_of, tvb, 0, 0, header));
        col_append_fstr(pinfo->cinfo, COL_INFO, "Socket.IO attachment of #%u", header);
    } else {
        col_append_str(pinfo->cinfo, COL_INFO, "Engine.IO message");
    }
    return size;
}

/// `data` is a MessageOf.
int dissect_message(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) noexcept {
    const auto& of = *static_cast<const MessageOf*>(data);
    notice_loss(pinfo, of, by_turn);
    return of.message->opcode == opcode::binary ? dissect_binary(tvb, pinfo, tree, of) : dissect_text(tvb, pinfo, tree, &of);
}

/// Who finds the dissector by its name, as a file of exported PDUs does, gives what he likes with the bytes.
int dissect_bytes(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void*) noexcept {
    return tvb_captured_length(tvb) ? dissect_text(tvb, pinfo, tree, nullptr) : 0;
}

} // namespace

void register_engineio() {
    engineio = proto_register_protocol("Engine.IO", "Engine.IO", "engineio");
    socketio = proto_register_protocol("Socket.IO", "Socket.IO", "socketio");
    static hf_register_info of_engineio[] = {
        {&hf_type,
         {"Type", "engineio.type", FT_UINT8, BASE_DEC, VALS(types_of<engineio_type_name>()), 0, "What the packet is", HFILL}},
        {&hf_sid, {"Session", "engineio.sid", FT_STRING, BASE_NONE, nullptr, 0, "The name of the session", HFILL}},
        {&hf_ping_in,
         {"Answers the ping in", "engineio.ping_in", FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0,
          "The packet with the ping that this pong answers", HFILL}},
        {&hf_pong_in,
         {"Answered in", "engineio.pong_in", FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0,
          "The packet with the pong that answers this ping", HFILL}},
        {&hf_rtt,
         {"Round-trip time", "engineio.rtt", FT_RELATIVE_TIME, BASE_NONE, nullptr, 0, "From the ping to this pong", HFILL}},
    };
    static hf_register_info of_socketio[] = {
        {&hf_packet,
         {"Type", "socketio.type", FT_UINT8, BASE_DEC, VALS(types_of<socketio_type_name>()), 0, "What the packet is", HFILL}},
        {&hf_namespace,
         {"Namespace", "socketio.namespace", FT_STRING, BASE_NONE, nullptr, 0, "Which of the connection's namespaces, or \"/\"",
          HFILL}},
        {&hf_event,
         {"Event", "socketio.event", FT_STRING, BASE_NONE, nullptr, 0, "The name of the event, as JSON writes it", HFILL}},
        {&hf_ack_id,
         {"Acknowledgment id", "socketio.ack_id", FT_STRING, BASE_NONE, nullptr, 0,
          "The event is to be acknowledged with it, or this acknowledges that", HFILL}},
        {&hf_attachments,
         {"Attachments", "socketio.attachments", FT_UINT32, BASE_DEC, nullptr, 0, "Binary messages that belong to it", HFILL}},
        {&hf_attachment_of,
         {"Attachment of", "socketio.attachment_of", FT_FRAMENUM, BASE_NONE, nullptr, 0,
          "The packet with the event or acknowledgment that this binary message belongs to", HFILL}},
        {&hf_response_in,
         {"Acknowledged in", "socketio.response_in", FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0,
          "The packet that acknowledges this event", HFILL}},
        {&hf_response_to,
         {"Acknowledges", "socketio.response_to", FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0,
          "The packet with the event that this acknowledges", HFILL}},
    };
    static int* subtrees[] = {&ett_engineio, &ett_socketio};
    proto_register_field_array(engineio, of_engineio, array_length(of_engineio));
    proto_register_field_array(socketio, of_socketio, array_length(of_socketio));
    proto_register_subtree_array(subtrees, array_length(subtrees));
    handles.engineio = register_dissector("engineio", dissect_bytes, engineio);
    handles.engineio_of_message = create_dissector_handle(dissect_message, engineio);
}

} // namespace ws
