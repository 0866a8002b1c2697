// SPDX-License-Identifier: GPL-2.0-or-later
// Connections whose handshake was not captured, known by their content.
#include "flow/recognition.hpp"

#include "dissector/recogniser.hpp"
#include "wireshark/protocol.hpp"
#include "wireshark/tcp_ends.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace ws {
namespace {

/// Of a suspect: what is kept for the case that it proves to be WebSocket.
constexpr std::size_t most_pieces = 64;
constexpr std::size_t most_bytes = 256 * 1024;

struct Kept {
    unsigned end;
    Earlier::Captured captured;
};

/// A connection whose payload may be frames; more of it will tell.
struct Suspect {
    address first_address; ///< Of the end that sent what was seen first, in file scope.
    std::uint32_t first_port;
    Recogniser recogniser;
    std::vector<Kept> kept;
    std::size_t size = 0;

    unsigned end_of(const packet_info* pinfo) const {
        return pinfo->srcport == first_port && addresses_equal(&tcp_source(pinfo), &first_address) ? 0 : 1;
    }
};

struct File {
    std::unordered_map<const conversation_t*, std::unique_ptr<Suspect>> suspects;
    /// How many segments were seen, modulo 2^16, of the direction that used this place last.
    struct Seen {
        std::uint32_t direction;
        std::uint16_t count;
    };
    std::array<Seen, 4096> seen{};
};
File* file = nullptr;

std::uint32_t direction_hash(const packet_info* pinfo) {
    std::uint32_t hash = pinfo->srcport << 16 | (pinfo->destport & 0xffff);
    for (const auto* a : {&tcp_source(pinfo), &tcp_destination(pinfo)})
        for (int i = std::max(0, a->len - 4); i < a->len; ++i)
            hash = hash * 31 + static_cast<const std::uint8_t*>(a->data)[i];
    return hash;
}

/// Of the packet's direction.
std::uint16_t& segments_seen(const packet_info* pinfo) {
    const auto hash = direction_hash(pinfo);
    auto& place = file->seen[hash * 2654435761U >> 20];
    if (place.direction != hash)
        place = {hash, 0};
    return place.count;
}

/// Of the segment that was counted last.
bool may_search(const packet_info* pinfo, Unknown::Owner owner) {
    if (owner != Unknown::Owner::nobody)
        return false;
    return Recogniser::worth_searching(segments_seen(pinfo));
}

Suspect* find_suspect(packet_info* pinfo, const conversation_t*& conversation) {
    conversation = find_tcp_conversation(pinfo);
    const auto it = conversation ? file->suspects.find(conversation) : file->suspects.end();
    return it == file->suspects.end() ? nullptr : it->second.get();
}

Suspect& suspect(packet_info* pinfo, const conversation_t*& conversation) {
    if (!conversation)
        conversation = tcp_conversation(pinfo);
    auto& made = *(file->suspects[conversation] = std::make_unique<Suspect>());
    copy_address_wmem(wmem_file_scope(), &made.first_address, &tcp_source(pinfo));
    made.first_port = pinfo->srcport;
    return made;
}

void forget(Suspect& suspect, unsigned end) {
    std::erase_if(suspect.kept, [&](const Kept& kept) {
        suspect.size -= kept.end == end ? kept.captured.bytes.size() : 0;
        return kept.end == end;
    });
}

void keep(Suspect& suspect, packet_info* pinfo, unsigned end, const Unknown& unknown) {
    if (!unknown.sequence)
        return; // several in a packet would not be told apart
    if (suspect.kept.size() >= most_pieces || suspect.size + unknown.captured > most_bytes)
        return forget(suspect, end);
    Kept kept{end, {{}, {unknown.bytes, unknown.bytes + unknown.captured}}};
    auto& piece = kept.captured.piece;
    piece.cut = unknown.cut;
    piece.sequence = unknown.sequence;
    piece.packet = pinfo->num;
    piece.time = static_cast<std::int64_t>(pinfo->abs_ts.secs) * 1000000000 + pinfo->abs_ts.nsecs;
    suspect.size += unknown.captured;
    suspect.kept.push_back(std::move(kept));
}

Upgraded& make_session(packet_info* pinfo, Suspect& suspect, const Recogniser::Result& result) {
    const auto of = [client = result.client](unsigned end) {
        return end == client ? Direction::client_to_server : Direction::server_to_client;
    };
    auto& upgraded = session_of(pinfo, of(suspect.end_of(pinfo))).upgrade_unanswered(pinfo);
    for (auto& kept : suspect.kept) {
        auto& pieces = upgraded.earlier[static_cast<std::size_t>(of(kept.end))].pieces;
        if (pieces.empty() && kept.captured.piece.sequence == result.border[kept.end])
            upgraded.connection.resume(of(kept.end));
        kept.captured.piece.direction = of(kept.end);
        pieces.push_back(std::move(kept.captured));
    }
    return upgraded;
}

} // namespace

bool worth_recognising(const packet_info* pinfo, const std::uint8_t* bytes, std::size_t captured, Unknown::Owner owner) {
    if (owner == Unknown::Owner::nobody)
        ++segments_seen(pinfo);
    return !file->suspects.empty() || !Recogniser::out_of_the_question({bytes, captured}) || may_search(pinfo, owner);
}

Upgraded* recognise(packet_info* pinfo, const Unknown& unknown) noexcept {
    const Bytes bytes(unknown.bytes, unknown.captured);
    const bool anywhere = may_search(pinfo, unknown.owner);
    const conversation_t* conversation = nullptr;
    auto* known = find_suspect(pinfo, conversation);
    if (!known && Recogniser::out_of_the_question(bytes) && !(anywhere && Recogniser::has_frames(bytes)))
        return nullptr;
    auto& suspected = known ? *known : suspect(pinfo, conversation);
    const auto end = suspected.end_of(pinfo);
    const auto result =
        suspected.recogniser.feed({end, unknown.sequence, bytes, unknown.cut}, unknown.owner == Unknown::Owner::other, anywhere);
    Upgraded* upgraded = nullptr;
    if (result.recognised) {
        upgraded = &make_session(pinfo, suspected, result);
    } else if (!result.fits[end]) {
        forget(suspected, end);
    } else {
        keep(suspected, pinfo, end, unknown);
    }
    if (result.recognised || (!result.fits[0] && !result.fits[1]))
        file->suspects.erase(conversation);
    return upgraded;
}

void register_recognition() {
    register_init_routine([] { file = new File; });
    register_cleanup_routine([] {
        delete file;
        file = nullptr;
    });
}

} // namespace ws
