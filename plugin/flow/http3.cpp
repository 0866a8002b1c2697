// SPDX-License-Identifier: GPL-2.0-or-later
// WebSocket over HTTP/3, where Wireshark (4.6) reads QUIC and HTTP/3 and hands over the DATA. It tells the header fields only
// with them, so the handshake stands on the first packet with frames.
#include "flow/http3.hpp"

#include "flow/frames.hpp"
#include "flow/http2.hpp"
#include "state/capture.hpp"
#include "wireshark/packet_keys.hpp"

namespace ws {
namespace {

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

Http3Stream& begin(packet_info* pinfo, const void* data, bool from_client, const char* request, const char* response) {
    const auto number = static_cast<std::uint32_t>(capture->http3_streams.size());
    auto& stream = capture->http3_streams[data];
    stream.number = number;
    stream.session =
        &capture->sessions.add(from_client ? pinfo->src : pinfo->dst, from_client ? pinfo->srcport : pinfo->destport);
    stream.first_packet = pinfo->num;
    stream.request = request;
    stream.response = response;
    return stream;
}

/// The stream of the piece that is handed over; null if it is not known.
Http3Stream* find_stream(packet_info* pinfo, const void* data) {
    const auto key = packet_key::http3_stream_of_piece | kept_with<guint32>(pinfo, packet_key::http3_pieces)++;
    if (PINFO_FD_VISITED(pinfo)) // what HTTP/3 tells is another object then
        return static_cast<Http3Stream*>(p_get_proto_data(wmem_file_scope(), pinfo, protocol.id, key));
    Http3Stream* stream = nullptr;
    if (const auto it = capture->http3_streams.find(data); it != capture->http3_streams.end()) {
        stream = &it->second;
    } else {
        const bool from_client = http3_header(pinfo, data, ":path", true) != nullptr;
        if (!from_client && !http3_header(pinfo, data, ":path", false))
            return nullptr;
        const char* request = head_of(pinfo, data, of_request, from_client);
        stream = &begin(pinfo, data, from_client, request, head_of(pinfo, data, of_response, !from_client));
    }
    if (capture->revisits.may(pinfo))
        p_add_proto_data(wmem_file_scope(), pinfo, protocol.id, key, stream);
    return stream;
}

} // namespace

void dissect_http3_frames(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
    auto* stream = find_stream(pinfo, data);
    if (!stream)
        return;
    auto& session = *stream->session;
    if (auto& shown = kept_with<bool>(pinfo, packet_key::http3_handshake | stream->number);
        stream->first_packet == pinfo->num && !shown) {
        shown = true;
        dissect_http2_handshake(tvb, pinfo, tree, session, stream->request, stream->response);
    }
    auto& sequence = stream->sequence[static_cast<std::size_t>(session.direction(pinfo))];
    dissect_stream_data(tvb, pinfo, tree, session, sequence);
    if (!PINFO_FD_VISITED(pinfo))
        sequence += tvb_reported_length(tvb);
    col_set_fence(pinfo->cinfo, COL_INFO);
}

} // namespace ws
