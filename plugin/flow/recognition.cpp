// SPDX-License-Identifier: GPL-2.0-or-later
// Connections whose handshake was not captured, known by their content.
#include "flow/recognition.hpp"

#include "dissector/http2_frame.hpp"
#include "state/capture.hpp"
#include "wireshark/handles.hpp"
#include "wireshark/protocol.hpp"
#include "wireshark/tcp_ends.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ws {
namespace {

/// So much of a suspect is kept for the case that it proves to be WebSocket.
constexpr std::size_t most_pieces = 64;
constexpr std::size_t most_bytes = 256 * 1024;

unsigned end_of(const Suspect& suspect, const packet_info* pinfo) {
    return pinfo->srcport == suspect.first_port && addresses_equal(&tcp_source(pinfo), &suspect.first_address) ? 0 : 1;
}

std::uint32_t direction_hash(const packet_info* pinfo) {
    std::uint32_t hash = pinfo->srcport << 16 | (pinfo->destport & 0xffff);
    for (const auto* a : {&tcp_source(pinfo), &tcp_destination(pinfo)}) {
        std::uint32_t end = 0; // of the address, where it differs from others
        if (a->len >= static_cast<int>(sizeof end))
            std::memcpy(&end, static_cast<const std::uint8_t*>(a->data) + a->len - sizeof end, sizeof end);
        hash = hash * 31 + end;
    }
    return hash;
}

/// The counter of the packet's direction.
std::uint16_t& segments_seen(const packet_info* pinfo) {
    const auto hash = direction_hash(pinfo);
    auto& place = capture->segments[hash * 2654435761U >> 20];
    if (place.direction != hash)
        place = {hash, 0};
    return place.count;
}

Suspect& make_suspect(Conversation& conversation, const packet_info* pinfo, const Recogniser& recogniser) {
    auto& suspect = *(conversation.suspect = std::make_unique<Suspect>());
    suspect.recogniser = recogniser;
    ++capture->suspects;
    copy_address_wmem(wmem_file_scope(), &suspect.first_address, &tcp_source(pinfo));
    suspect.first_port = pinfo->srcport;
    return suspect;
}

void acquit(Conversation& conversation) {
    if (std::exchange(conversation.suspect, nullptr))
        --capture->suspects;
}

void forget(Suspect& suspect, unsigned end) {
    std::erase_if(suspect.kept, [&](const Suspect::Kept& kept) {
        suspect.size -= kept.end == end ? kept.captured.bytes.size() : 0;
        return kept.end == end;
    });
}

void keep(Suspect& suspect, packet_info* pinfo, unsigned end, const UnclaimedPayload& unknown) {
    if (!unknown.sequence)
        return; // several in a packet would not be told apart
    if (suspect.kept.size() >= most_pieces || suspect.size + unknown.captured > most_bytes)
        return forget(suspect, end);
    Suspect::Kept kept{end, {{}, {unknown.bytes, unknown.bytes + unknown.captured}}};
    auto& piece = kept.captured.piece;
    piece.cut = unknown.cut;
    piece.sequence = unknown.sequence;
    piece.packet = pinfo->num;
    piece.time = time_of(pinfo);
    suspect.size += unknown.captured;
    suspect.kept.push_back(std::move(kept));
}

Connection& make_session(packet_info* pinfo, Suspect& suspect, const Recogniser::Result& result,
                         std::optional<std::uint32_t> sequence) {
    const auto of = [client = result.client](unsigned end) {
        return end == client ? Direction::client_to_server : Direction::server_to_client;
    };
    const auto now = end_of(suspect, pinfo);
    auto& connection = session_of(pinfo, of(now)).upgrade_unanswered(pinfo);
    for (auto& kept : suspect.kept) {
        auto& backlog = connection.backlog[static_cast<std::size_t>(of(kept.end))];
        if (!backlog)
            backlog = std::make_unique<Backlog>();
        auto& pieces = backlog->pieces;
        if (pieces.empty() && kept.captured.piece.sequence == result.boundary[kept.end])
            connection.decoder.resume(of(kept.end));
        kept.captured.piece.direction = of(kept.end);
        pieces.push_back(std::move(kept.captured));
    }
    if (sequence && !connection.backlog[static_cast<std::size_t>(of(now))] && sequence == result.boundary[now])
        connection.decoder.resume(of(now));
    return connection;
}

/// DATA of HTTP/2 may have frames of WebSocket, which are then not TCP's.
bool is_http2(Conversation* known, Bytes bytes, packet_info* pinfo) {
    if (known && (known->http2 || known->looks_like_http2))
        return true;
    if (!http2::are_frames(bytes))
        return false;
    auto& conversation = known ? *known : conversation_of(pinfo);
    conversation.looks_like_http2 = true;
    acquit(conversation);
    return true;
}

bool has_seen_http(packet_info* pinfo) {
    const auto* conversation = find_tcp_conversation(pinfo);
    const auto* http =
        conversation ? static_cast<const http_conv_t*>(conversation_get_proto_data(conversation, ids.http)) : nullptr;
    return http && http->req_res_tail;
}

/// A dissector that shows nothing is a layer of the packet only while no tree is built: then its port tells as much.
bool has_dissector(std::uint32_t port) {
    auto* of = dissector_get_uint_handle(handles.tcp_port, port);
    return of && dissector_handle_get_protocol_index(of) != ids.http;
}

} // namespace

UnclaimedPayload::Claim claim_of(packet_info* pinfo, std::uint8_t first_byte) {
    constexpr std::uint8_t first_record = 20, last_record = 24; // TLS content types
    auto* last = wmem_list_tail(pinfo->layers);
    if (last && GPOINTER_TO_INT(wmem_list_frame_data(last)) == protocol.id) // that is where we are
        last = wmem_list_frame_prev(last);
    if (last && GPOINTER_TO_INT(wmem_list_frame_data(last)) == ids.data)
        last = wmem_list_frame_prev(last);
    const int id = last ? GPOINTER_TO_INT(wmem_list_frame_data(last)) : -1;
    if (id == ids.http && p_get_proto_data(wmem_file_scope(), pinfo, ids.http, 0))
        return UnclaimedPayload::Claim::other; // it has found a head
    const auto ports = tcp_ports(pinfo);
    if (id == ids.tcp && (has_dissector(ports.source) || has_dissector(ports.destination)))
        return UnclaimedPayload::Claim::other;
    if (id == ids.tcp || id == ids.http) // HTTP takes all, and shows it only after a head
        return has_seen_http(pinfo) ? UnclaimedPayload::Claim::other : UnclaimedPayload::Claim::none;
    // TLS takes whatever comes to its ports.
    const bool record = first_byte >= first_record && first_byte <= last_record;
    return id == ids.tls && !record ? UnclaimedPayload::Claim::tentative : UnclaimedPayload::Claim::other;
}

Search where_to_search(const packet_info* pinfo, Bytes payload, UnclaimedPayload::Claim claim) {
    if (!protocol.midstream)
        return Search::nowhere;
    if (claim == UnclaimedPayload::Claim::none && Recogniser::worth_searching(++segments_seen(pinfo)))
        return Search::anywhere;
    return capture->suspects || !Recogniser::out_of_the_question(payload) ? Search::at_beginning : Search::nowhere;
}

Connection* recognise(packet_info* pinfo, const UnclaimedPayload& unknown, Search where) {
    const Bytes bytes(unknown.bytes, unknown.captured);
    const bool anywhere = where == Search::anywhere;
    auto* known = find_conversation_of(pinfo);
    if (is_http2(known, bytes, pinfo))
        return nullptr;
    if (!(known && known->suspect) && Recogniser::out_of_the_question(bytes) && !(anywhere && Recogniser::has_frames(bytes)))
        return nullptr;
    auto* suspect = known ? known->suspect.get() : nullptr;
    const auto end = suspect ? end_of(*suspect, pinfo) : 0;
    Recogniser fresh;
    auto& recogniser = suspect ? suspect->recogniser : fresh;
    const auto result =
        recogniser.feed({end, unknown.sequence, bytes, unknown.cut}, unknown.claim == UnclaimedPayload::Claim::other, anywhere);
    if (!suspect && !result.recognised && !result.fits[end])
        return nullptr; // most bytes that are none
    auto& conversation = known ? *known : conversation_of(pinfo);
    auto& suspected = suspect ? *suspect : make_suspect(conversation, pinfo, fresh);
    Connection* connection = nullptr;
    if (result.recognised) {
        connection = &make_session(pinfo, suspected, result, unknown.sequence);
    } else if (!result.fits[end]) {
        forget(suspected, end);
    } else {
        keep(suspected, pinfo, end, unknown);
    }
    if (result.recognised || (!result.fits[0] && !result.fits[1]))
        acquit(conversation);
    return connection;
}

} // namespace ws
