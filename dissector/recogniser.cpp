// SPDX-License-Identifier: GPL-2.0-or-later
#include "recogniser.hpp"

#include <algorithm>

namespace ws {
namespace {

constexpr std::uint32_t enough_bits = 21;
/// Without text, and where another dissector knows the port.
constexpr std::uint32_t enough_structure_bits = 28;
/// Of one frame that ends where its segment does.
constexpr std::uint32_t structure_frame_bits = 12;
constexpr std::uint32_t enough_owned_bits = 32;
/// In the midst of a segment there are many places to look at.
constexpr std::uint32_t enough_anywhere_bits = 40;

BorderHints foreign(bool masked) {
    return {masked, {}, true};
}

/// Finds frames somewhere in the segment, up to its end. Other protocols have text too, but none behind a mask.
bool find_frames(Bytes bytes, bool masked) {
    for (std::size_t at = 1; at + 2 < bytes.size(); ++at) {
        if (bytes[at] < 0x80) // FIN
            continue;
        const auto first = bytes[at] & 0x8f;
        if (((bytes[at + 1] & 0x80) != 0) != masked || (first != 0x81 && first != 0x82 && first != 0x88))
            continue;
        Chain chain;
        chain.begin = chain.end = at;
        follow(chain, bytes, foreign(masked), 32);
        if (chain.fits && chain.telling && chain.exact && chain.bits >= enough_anywhere_bits && (masked || chain.headers > 1))
            return true;
    }
    return false;
}

/// Few senders stop in the midst of a frame.
std::uint32_t weight(const Chain& chain) {
    constexpr std::uint32_t unfinished_bits = 8;
    return chain.exact ? chain.bits : chain.bits - std::min(chain.bits, unfinished_bits);
}

} // namespace

bool Recogniser::out_of_the_question(Bytes bytes) noexcept {
    // A frame with FIN, or the first one of a message.
    if (bytes.size() < 2 || (bytes[0] & 0x30) || is_reserved(bytes[0] & 0x0f))
        return true;
    return !(bytes[0] & 0x80) && (bytes[0] & 0x0f) != opcode::text && (bytes[0] & 0x0f) != opcode::binary;
}

void Recogniser::follow(Track& track, const Segment& segment, bool masked) noexcept {
    const auto length = segment.bytes.size() + segment.cut;
    auto& chain = track.chain;
    if (track.fits && track.border && segment.sequence) {
        const auto ahead = static_cast<std::int32_t>(*track.border - *segment.sequence);
        if (ahead < 0) {
            if (static_cast<std::int32_t>(*segment.sequence + static_cast<std::uint32_t>(length) - *track.border) <= 0)
                return;         // sent before
            track.fits = false; // some were lost
        } else {
            chain.end = static_cast<std::size_t>(ahead);
        }
    }
    if (!track.fits) {
        chain = {};
        track.fits = !out_of_the_question(segment.bytes);
    }
    if (track.fits && chain.end <= segment.bytes.size()) {
        ws::follow(chain, segment.bytes, foreign(masked));
        track.fits = chain.fits;
    }
    const bool header_cut = chain.end < segment.bytes.size();
    if (header_cut || !segment.sequence) { // begins anew with the next segment, unless this one ended with a frame
        chain.end = chain.end > length ? chain.end - length : 0;
        track.fits = track.fits && !header_cut;
    } else {
        track.border = *segment.sequence + static_cast<std::uint32_t>(chain.end);
    }
}

Recogniser::Result Recogniser::feed(const Segment& segment, bool owned, bool thorough) noexcept {
    Result result;
    for (const unsigned client : {0U, 1U}) {
        auto& tracks = tracks_[client];
        follow(tracks[segment.end], segment, segment.end == client);
        std::uint32_t bits = 0;
        bool telling = false;
        for (const unsigned end : {0U, 1U}) {
            if (!tracks[end].fits)
                continue;
            result.fits[end] = true;
            bits += weight(tracks[end].chain);
            telling = telling || tracks[end].chain.telling;
        }
        // Masking is no structure of other protocols.
        const bool masked = tracks[client].fits && weight(tracks[client].chain) >= structure_frame_bits;
        const auto enough = owned ? enough_owned_bits : telling ? enough_bits : enough_structure_bits;
        if ((bits >= enough && (telling || masked)) || (thorough && find_frames(segment.bytes, segment.end == client))) {
            result.recognised = true;
            result.client = client;
            return result;
        }
    }
    return result;
}

} // namespace ws
