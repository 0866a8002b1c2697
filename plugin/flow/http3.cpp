// SPDX-License-Identifier: GPL-2.0-or-later
// WebSocket over HTTP/3, where Wireshark (4.6) reads QUIC and HTTP/3 and hands over the DATA. It tells the header fields only
// with them, so the handshake stands on the first packet with frames.
#include "flow/http3.hpp"

#include "flow/frames.hpp"
#include "flow/http2.hpp"
#include "wireshark/protocol.hpp"

#include <memory>
#include <string>
#include <unordered_map>

namespace ws {
namespace {

struct Stream {
    Session* session;
    std::uint32_t number; ///< From 0.
    std::uint32_t first_packet;
    std::string request; ///< Heads as Http2Event has them.
    std::string response;
    std::uint32_t sequence[2] = {};
};

struct File {
    std::unordered_map<const void*, std::unique_ptr<Stream>> streams;
};
File* file = nullptr;

/// Under numbers from this on the streams of a packet's pieces are kept with it.
constexpr guint32 first_key = 0x33330000;
constexpr guint32 count_key = first_key - 1;
/// Likewise that the handshake of a stream was shown.
constexpr guint32 shown_keys = 0x44440000;

std::uint32_t next_ordinal(packet_info* pinfo) {
    auto* count = static_cast<std::uint32_t*>(p_get_proto_data(pinfo->pool, pinfo, protocol.id, count_key));
    if (!count) {
        count = wmem_new0(pinfo->pool, std::uint32_t);
        p_add_proto_data(pinfo->pool, pinfo, protocol.id, count_key, count);
    }
    return (*count)++;
}

/// Some of the header fields of one half, a line each.
const char* head_of(packet_info* pinfo, const void* data, const char* const* names, bool same_direction) {
    auto* text = wmem_strbuf_new(pinfo->pool, "");
    for (; *names; ++names) {
        const char* value = http3_header(pinfo, data, *names, same_direction);
        if (!value)
            continue;
        wmem_strbuf_append(text, *names);
        wmem_strbuf_append(text, ": ");
        for (; *value; ++value)
            wmem_strbuf_append_c(text, static_cast<unsigned char>(*value) < ' ' ? ' ' : *value);
        wmem_strbuf_append_c(text, '\n');
    }
    return wmem_strbuf_get_str(text);
}

const char* const of_request[] = {":method",
                                  ":protocol",
                                  ":scheme",
                                  ":authority",
                                  ":path",
                                  "origin",
                                  "sec-websocket-version",
                                  "sec-websocket-protocol",
                                  "sec-websocket-extensions",
                                  nullptr};
const char* const of_response[] = {":status", "server", "sec-websocket-protocol", "sec-websocket-extensions", nullptr};

Stream& begin(packet_info* pinfo, const void* data, bool from_client, const char* request, const char* response) noexcept {
    const auto number = static_cast<std::uint32_t>(file->streams.size());
    auto& stream = *(file->streams[data] = std::make_unique<Stream>());
    stream.number = number;
    stream.session = &new_session(from_client ? pinfo->src : pinfo->dst, from_client ? pinfo->srcport : pinfo->destport);
    stream.first_packet = pinfo->num;
    stream.request = request;
    stream.response = response;
    return stream;
}

/// The stream of the piece that is handed over; null if it is not known.
Stream* find_stream(packet_info* pinfo, const void* data) {
    const auto key = first_key + next_ordinal(pinfo);
    if (PINFO_FD_VISITED(pinfo)) // what HTTP/3 tells is another object then
        return static_cast<Stream*>(p_get_proto_data(wmem_file_scope(), pinfo, protocol.id, key));
    Stream* stream = nullptr;
    if (const auto it = file->streams.find(data); it != file->streams.end()) {
        stream = it->second.get();
    } else {
        const bool from_client = http3_header(pinfo, data, ":path", true) != nullptr;
        if (!from_client && !http3_header(pinfo, data, ":path", false))
            return nullptr;
        const char* request = head_of(pinfo, data, of_request, from_client);
        stream = &begin(pinfo, data, from_client, request, head_of(pinfo, data, of_response, !from_client));
    }
    if (may_revisit(pinfo))
        p_add_proto_data(wmem_file_scope(), pinfo, protocol.id, key, stream);
    return stream;
}

} // namespace

void dissect_http3_frames(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
    auto* stream = find_stream(pinfo, data);
    if (!stream)
        return;
    auto& session = *stream->session;
    const auto shown_key = shown_keys + stream->number;
    if (stream->first_packet == pinfo->num && !p_get_proto_data(pinfo->pool, pinfo, protocol.id, shown_key)) {
        p_add_proto_data(pinfo->pool, pinfo, protocol.id, shown_key, stream);
        dissect_http2_handshake(tvb, pinfo, tree, session, stream->request, stream->response);
    }
    auto& sequence = stream->sequence[static_cast<std::size_t>(session.direction(pinfo))];
    dissect_stream_data(tvb, pinfo, tree, session, sequence);
    if (!PINFO_FD_VISITED(pinfo))
        sequence += tvb_reported_length(tvb);
    col_set_fence(pinfo->cinfo, COL_INFO);
}

void register_http3_frames() {
    register_init_routine([] { file = new File; });
    register_cleanup_routine([] {
        delete file;
        file = nullptr;
    });
}

} // namespace ws
