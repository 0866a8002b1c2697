// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/handshake_fields.hpp"

#include "view/fields.hpp"

#include "dissector/line_buffer.hpp"
#include "view/diagnosis_fields.hpp"
#include "view/layer.hpp"
#include "view/violation_fields.hpp"
#include "wireshark/protocol.hpp"

namespace ws {
namespace {

int hf_type = -1;
int hf_url = -1;
int hf_host = -1;
int hf_origin = -1;
int hf_version = -1;
int hf_key = -1;
int hf_key_valid = -1;
int hf_protocol = -1;
int hf_extension = -1;
int hf_extension_name = -1;
int hf_extension_param = -1;
int hf_status = -1;
int hf_accept = -1;
int hf_accept_expected = -1;
int hf_accept_valid = -1;
int hf_response_in = -1;
int hf_request_in = -1;
int hf_time = -1;
int hf_leg = -1;
int hf_negotiated = -1;

int ett_extension = -1;

const value_string types[] = {{1, "Request"}, {2, "Response"}, {0, nullptr}};

/// Adds parts of one head; text that points into the head becomes an item over its bytes.
class HeadTree {
  public:
    HeadTree(proto_tree* tree, packet_info* pinfo, tvbuff_t* tvb, int offset, std::string_view head)
        : tree_(tree), pinfo_(pinfo), tvb_(tvb), offset_(offset), head_(head) {}

    proto_item* text(int field, std::string_view value) const { return text_in(tree_, field, value); }

    proto_item* text_in(proto_tree* tree, int field, std::string_view value) const {
        return add_text(tree, pinfo_, field, tvb_, position(value), size(value), value);
    }
    void header(int field, const HeaderField* of) const {
        if (of)
            text(field, of->value);
    }
    void boolean(int field, bool value) const { generated(proto_tree_add_boolean(tree_, field, tvb_, offset_, 0, value)); }
    void packet(int field, std::uint32_t number) const {
        if (number)
            generated(proto_tree_add_uint(tree_, field, tvb_, offset_, 0, number));
    }
    void violation(const HandshakeViolation& violation) const {
        add_violation(tree_, pinfo_, tvb_, position(violation.where), size(violation.where), violation.violation);
    }
    proto_tree* tree() const { return tree_; }
    packet_info* pinfo() const { return pinfo_; }

  private:
    bool inside(std::string_view value) const {
        return value.data() >= head_.data() && value.data() + value.size() <= head_.data() + head_.size();
    }
    int position(std::string_view value) const {
        return inside(value) ? offset_ + static_cast<int>(value.data() - head_.data()) : offset_;
    }
    int size(std::string_view value) const { return inside(value) ? static_cast<int>(value.size()) : 0; }

    proto_tree* tree_;
    packet_info* pinfo_;
    tvbuff_t* tvb_;
    int offset_;
    std::string_view head_;
};
static_assert(std::is_trivially_destructible_v<HeadTree>);

/// "permessage-deflate, client 15 bits with takeover, server 10 bits without takeover; subprotocol mqtt"
const char* negotiated_text(packet_info* pinfo, const Handshake& handshake) {
    const auto result = negotiate(handshake.extensions, handshake.extensions_read);
    LineBuffer line(packet_arena(pinfo), 512);
    switch (result.compression) {
    case Negotiated::Compression::none: line.text(handshake.extensions.empty() ? "no extension" : "no compression"); break;
    case Negotiated::Compression::deflate_frame: line.text("deflate-frame"); break;
    case Negotiated::Compression::permessage_deflate: line.text("permessage-deflate"); break;
    }
    for (const std::size_t i : {0, 1})
        if (result.compression != Negotiated::Compression::none)
            line.text(i ? ", server " : ", client ")
                .number(result.window_bits[i])
                .text(" bits ")
                .text(result.no_context_takeover[i] ? "without takeover" : "with takeover");
    if (result.unknown_extension)
        line.text(", an unknown extension");
    if (handshake.protocols.empty())
        line.text("; no subprotocol");
    else
        line.text("; subprotocol ").text(handshake.protocols[0].substr(0, 200));
    return show(pinfo, line.finish());
}

void add_lists(const HeadTree& head, const Handshake& handshake) {
    for (const auto protocol : handshake.protocols)
        head.text(hf_protocol, protocol);
    for (const auto& extension : handshake.extensions) {
        auto* item = head.text(hf_extension, extension.text);
        auto* tree = proto_item_add_subtree(item, ett_extension);
        head.text_in(tree, hf_extension_name, extension.name);
        for (const auto& parameter : extension.parameters)
            head.text_in(tree, hf_extension_param, parameter.text);
    }
}

void add_request(const HeadTree& head, const Handshake& handshake, const HandshakeContext& context) {
    if (!handshake.url.empty())
        generated(head.text(hf_url, handshake.url));
    head.header(hf_host, handshake.host);
    head.header(hf_origin, handshake.origin);
    head.header(hf_version, handshake.version);
    head.header(hf_key, handshake.key);
    if (handshake.key)
        head.boolean(hf_key_valid, handshake.key_valid);
    add_lists(head, handshake);
    head.packet(hf_response_in, context.other_packet);
}

void add_response(const HeadTree& head, tvbuff_t* tvb, int offset, const Handshake& handshake, const HandshakeContext& context) {
    proto_tree_add_uint(head.tree(), hf_status, tvb, offset, static_cast<int>(handshake.start_line.size()), handshake.status);
    head.header(hf_version, handshake.version);
    head.header(hf_accept, handshake.accept);
    if (handshake.status == 101 && !handshake.accept_expected.empty()) {
        generated(head.text(hf_accept_expected, handshake.accept_expected));
        head.boolean(hf_accept_valid, handshake.accept_valid);
    }
    if (handshake.accepted)
        generated(proto_tree_add_string(head.tree(), hf_negotiated, tvb, offset, 0, negotiated_text(head.pinfo(), handshake)));
    add_lists(head, handshake);
    head.packet(hf_request_in, context.other_packet);
    if (context.has_time)
        generated(proto_tree_add_time(head.tree(), hf_time, tvb, offset, 0, &context.time));
}

void add_fields(const HeadTree& head, tvbuff_t* tvb, int offset, const Handshake& handshake, const HandshakeContext& context) {
    proto_tree_add_uint(head.tree(), hf_type, tvb, offset, static_cast<int>(handshake.start_line.size()),
                        handshake.is_request ? 1 : 2);
    if (handshake.is_request)
        add_request(head, handshake, context);
    else
        add_response(head, tvb, offset, handshake, context);
    head.packet(hf_leg, context.leg);
}

} // namespace

void add_handshake(proto_tree* tree, packet_info* pinfo, tvbuff_t* tvb, int offset, std::string_view bytes,
                   const Handshake& handshake, const HandshakeContext& context) {
    const char* title = handshake.is_request ? "Opening handshake: request" : "Opening handshake: response";
    auto* layer = tree ? add_layer(tree, pinfo, {tvb, offset}, static_cast<int>(bytes.size()), title, context.whose) : nullptr;
    const HeadTree head(layer, pinfo, tvb, offset, bytes);
    if (layer)
        add_fields(head, tvb, offset, handshake, context);
    for (const auto& violation : handshake.violations)
        head.violation(violation);
    for (const auto& found : context.diagnoses)
        add_diagnosis(layer, pinfo, tvb, offset, static_cast<int>(handshake.start_line.size()), found);
}

void register_handshake_fields() {
    static hf_register_info fields[] = {
        {&hf_type,
         {"Type", "ws.handshake.type", FT_UINT8, BASE_DEC, VALS(types), 0, "Which half of the opening handshake", HFILL}},
        {&hf_url, {"Requested URL", "ws.handshake.url", FT_STRING, BASE_NONE, nullptr, 0, "What the client asked for", HFILL}},
        {&hf_host, {"Host", "ws.handshake.host", FT_STRING, BASE_NONE, nullptr, 0, "Value of the Host header", HFILL}},
        {&hf_origin, {"Origin", "ws.handshake.origin", FT_STRING, BASE_NONE, nullptr, 0, "Value of the Origin header", HFILL}},
        {&hf_version,
         {"Version", "ws.handshake.version", FT_STRING, BASE_NONE, nullptr, 0, "Value of Sec-WebSocket-Version", HFILL}},
        {&hf_key, {"Key", "ws.handshake.key", FT_STRING, BASE_NONE, nullptr, 0, "Value of Sec-WebSocket-Key", HFILL}},
        {&hf_key_valid,
         {"Key valid", "ws.handshake.key.valid", FT_BOOLEAN, BASE_NONE, nullptr, 0, "The key is the base64 of exactly 16 bytes",
          HFILL}},
        {&hf_protocol,
         {"Subprotocol", "ws.handshake.protocol", FT_STRING, BASE_NONE, nullptr, 0,
          "A subprotocol that is offered, or the one that was selected", HFILL}},
        {&hf_extension,
         {"Extension", "ws.handshake.extension", FT_STRING, BASE_NONE, nullptr, 0,
          "An extension that is offered or accepted, with its parameters", HFILL}},
        {&hf_extension_name,
         {"Name", "ws.handshake.extension.name", FT_STRING, BASE_NONE, nullptr, 0, "Name of an extension", HFILL}},
        {&hf_extension_param,
         {"Parameter", "ws.handshake.extension.param", FT_STRING, BASE_NONE, nullptr, 0, "A parameter of an extension", HFILL}},
        {&hf_status, {"Status", "ws.handshake.status", FT_UINT16, BASE_DEC, nullptr, 0, "HTTP status of the response", HFILL}},
        {&hf_accept, {"Accept", "ws.handshake.accept", FT_STRING, BASE_NONE, nullptr, 0, "Value of Sec-WebSocket-Accept", HFILL}},
        {&hf_accept_expected,
         {"Accept expected", "ws.handshake.accept.expected", FT_STRING, BASE_NONE, nullptr, 0, "What the request's key demands",
          HFILL}},
        {&hf_negotiated,
         {"Negotiated", "ws.handshake.negotiated", FT_STRING, BASE_NONE, nullptr, 0,
          "What both sides agreed on: compression with its parameters, and the subprotocol", HFILL}},
        {&hf_accept_valid,
         {"Accept valid", "ws.handshake.accept.valid", FT_BOOLEAN, BASE_NONE, nullptr, 0,
          "Sec-WebSocket-Accept is what the key demands", HFILL}},
        {&hf_response_in,
         {"Response in", "ws.handshake.response_in", FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0,
          "The packet with the response to this request", HFILL}},
        {&hf_request_in,
         {"Request in", "ws.handshake.request_in", FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0,
          "The packet with the request of this response", HFILL}},
        {&hf_leg,
         {"Other leg", "ws.leg", FT_FRAMENUM, BASE_NONE, nullptr, 0,
          "The request on the other side of a proxy, where the file has both", HFILL}},
        {&hf_time,
         {"Time", "ws.handshake.time", FT_RELATIVE_TIME, BASE_NONE, nullptr, 0, "From the request to this response", HFILL}},
    };
    static int* subtrees[] = {&ett_extension};
    proto_register_field_array(protocol.id, fields, array_length(fields));
    proto_register_subtree_array(subtrees, array_length(subtrees));
}

} // namespace ws
