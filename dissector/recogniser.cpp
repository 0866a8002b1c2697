// SPDX-License-Identifier: GPL-2.0-or-later
#include "recogniser.hpp"

#include <algorithm>
#include <cstring>

namespace ws {
namespace {

// Choices, which tests/dissection/test_false_alarms.py holds against other protocols, and tests/bench/frame_evidence against
// noise: of 300,000 segments none is recognised. All in bits, as in frame_boundary.cpp.

/// Both ends together must bring so much, if text is among it.
constexpr std::uint32_t enough_bits = 21;
/// The same without text: other protocols have structure too.
constexpr std::uint32_t enough_structure_bits = 28;
/// The same where another dissector knows the port.
constexpr std::uint32_t enough_owned_bits = 32;
/// A frame that ends where its segment does brings so much: header and length.
constexpr std::uint32_t structure_frame_bits = 12;
/// A segment that ends in the midst of a frame takes so much away: short frames are rarely split across segments.
constexpr std::uint32_t unfinished_bits = 8;
/// One end must bring so much to tell where its frames begin: as much as a boundary takes.
constexpr std::uint32_t boundary_bits = 18;
/// Frames may begin anywhere in the midst of a segment: so much of their evidence counts for nothing, and less is not followed.
constexpr std::uint32_t found_bits = 19;
constexpr std::uint32_t enough_found_bits = 24;
/// Masked headers one after the other that are followed without text.
constexpr std::uint32_t enough_masked_headers = 5;
/// Headers of a segment that are read before it is asked whether they are frames.
constexpr std::uint32_t most_tried = 32;
/// A server may send a body in place of frames: frames that fill a segment must bring so much, and others the second.
constexpr std::uint32_t enough_server_bits = 12;
constexpr std::uint32_t enough_server_bits_unfinished = 20;

BoundaryHints foreign(bool masked) {
    return {masked, {}, true};
}

/// First bytes of frames with FIN that most conversations have.
constexpr std::uint8_t begins_message[] = {0x81, 0x82, 0x88, 0xc1, 0xc2};
/// Headers that are looked at before any payload is, which takes longer.
constexpr std::uint32_t most_skimmed = 3;

/// Frames in the midst of a segment that are worth following.
bool is_candidate(const Chain& chain, bool masked) {
    if (!chain.telling)
        return masked && chain.headers >= enough_masked_headers;
    if (!masked && chain.headers == 1) // a long text that goes on
        return chain.last.length_size > 0 && !chain.exact;
    return chain.bits >= enough_found_bits;
}

/// Could frames begin here, by their headers alone?
bool skim(Bytes bytes, bool masked) {
    FrameHeader header;
    for (std::uint32_t i = 0; i < most_skimmed && parse_frame_header(bytes, header); ++i) {
        if (!plausible(header, foreign(masked)))
            return false;
        if (header.frame_length() >= bytes.size())
            break;
        bytes = bytes.subspan(static_cast<std::size_t>(header.frame_length()));
    }
    return true;
}

/// `refuted`: headers that lead to what is none, by offset; they are not followed again.
Chain try_frames(Bytes bytes, std::size_t at, bool masked, TrialInflation& trial, std::vector<bool>& refuted) {
    Chain chain;
    if (!skim(bytes.subspan(at), masked))
        return {};
    chain.begin = chain.end = at;
    follow(chain, bytes, foreign(masked), trial, most_tried);
    if (!chain.fits || !is_candidate(chain, masked))
        return {};
    std::vector<std::size_t> passed;
    std::uint32_t headers = 0;
    do {
        headers = chain.headers;
        if (chain.end < bytes.size()) {
            passed.push_back(chain.end);
            chain.fits = !refuted[chain.end];
        }
        if (chain.fits)
            follow(chain, bytes, foreign(masked), trial, 1);
    } while (chain.fits && chain.headers > headers && chain.end < bytes.size());
    if (chain.fits)
        return chain;
    for (const auto header : passed)
        refuted[header] = true;
    return {};
}

/// Finds frames somewhere in the segment, up to its end: the first, or the first masked or unmasked ones. Other protocols have
/// text too, but none behind a mask.
Chain find_frames(Bytes bytes, TrialInflation& trial, std::optional<bool> only = {}) {
    Chain found;
    std::vector<bool> refuted(bytes.size());
    auto stop = bytes.size() - std::min<std::size_t>(bytes.size(), 2);
    for (const auto first : begins_message) {
        for (std::size_t at = 1; at < stop; ++at) {
            const auto* next = static_cast<const std::uint8_t*>(std::memchr(&bytes[at], first, stop - at));
            if (!next)
                break;
            at = static_cast<std::size_t>(next - bytes.data());
            const bool masked = bytes[at + 1] & 0x80;
            if (only && masked != *only)
                continue;
            if (const auto chain = try_frames(bytes, at, masked, trial, refuted); chain.headers) {
                found = chain;
                stop = at;
            }
        }
    }
    return found;
}

} // namespace

bool may_begin_with_frames(Bytes bytes) noexcept {
    if (bytes.empty() || (bytes[0] & 0x30)) // letters have these bits, and RSV2 and RSV3 nobody uses
        return false;
    Chain chain;
    TrialInflation trial;
    follow(chain, bytes, {.masked = true, .negotiated = {}}, trial);
    return chain.fits;
}

bool are_frames_of_server(Bytes bytes) noexcept {
    Chain chain;
    TrialInflation trial;
    follow(chain, bytes, {.masked = false, .negotiated = {}}, trial);
    return chain.fits && chain.bits >= (chain.exact ? enough_server_bits : enough_server_bits_unfinished);
}

std::uint32_t Recogniser::Track::weight() const noexcept {
    const auto less = (chain.exact ? 0 : unfinished_bits) + (found ? found_bits : 0);
    return chain.bits - std::min(chain.bits, less);
}

bool Recogniser::out_of_the_question(Bytes bytes) noexcept {
    // A frame with FIN, or the first one of a message.
    if (bytes.size() < 2 || (bytes[0] & 0x30) || is_reserved(bytes[0] & 0x0f))
        return true;
    return !(bytes[0] & 0x80) && (bytes[0] & 0x0f) != opcode::text && (bytes[0] & 0x0f) != opcode::binary;
}

bool Recogniser::has_frames(Bytes bytes) noexcept {
    TrialInflation trial;
    return find_frames(bytes, trial).headers > 0;
}

void Recogniser::follow(Track& track, const Segment& segment, bool masked, bool thorough, TrialInflation& trial) noexcept {
    const auto length = segment.bytes.size() + segment.cut;
    auto& chain = track.chain;
    track.fits = track.fits && !track.header_cut;
    if (track.fits && track.boundary && segment.sequence) {
        const auto ahead = static_cast<std::int32_t>(*track.boundary - *segment.sequence);
        if (ahead < 0) {
            if (static_cast<std::int32_t>(*segment.sequence + static_cast<std::uint32_t>(length) - *track.boundary) <= 0)
                return;         // sent before
            track.fits = false; // some were lost
        } else {
            chain.end = static_cast<std::size_t>(ahead);
        }
    }
    if (!track.fits) {
        chain = {};
        track.found = false;
        track.begin = segment.sequence;
        track.fits = !out_of_the_question(segment.bytes);
    }
    if (track.fits && chain.end <= segment.bytes.size()) {
        ws::follow(chain, segment.bytes, foreign(masked), trial);
        track.fits = chain.fits;
    }
    if (!track.fits && thorough) {
        chain = find_frames(segment.bytes, trial, masked);
        track.fits = track.found = chain.headers > 0;
        track.begin.reset();
    }
    track.header_cut = chain.end < segment.bytes.size();
    if (track.header_cut || !segment.sequence) { // begins anew with the next segment, unless this one ended with a frame
        chain.end = chain.end > length ? chain.end - length : 0;
    } else {
        track.boundary = *segment.sequence + static_cast<std::uint32_t>(chain.end);
    }
}

Recogniser::Result Recogniser::feed(const Segment& segment, bool owned, bool thorough) noexcept {
    Result result;
    TrialInflation trial;
    for (const unsigned client : {0U, 1U}) {
        auto& tracks = tracks_[client];
        follow(tracks[segment.end], segment, segment.end == client, thorough, trial);
        std::uint32_t bits = 0;
        bool telling = false;
        for (const unsigned end : {0U, 1U}) {
            if (!tracks[end].fits)
                continue;
            result.fits[end] = true;
            bits += tracks[end].weight();
            telling = telling || tracks[end].chain.telling;
        }
        // Masking is no structure of other protocols.
        const bool masked = tracks[client].fits && tracks[client].weight() >= structure_frame_bits;
        const auto enough = owned ? enough_owned_bits : telling ? enough_bits : enough_structure_bits;
        if (bits >= enough && (telling || masked)) {
            result.recognised = true;
            result.client = client;
            for (const unsigned end : {0U, 1U})
                if (tracks[end].fits && tracks[end].chain.bits >= boundary_bits)
                    result.boundary[end] = tracks[end].begin;
            return result;
        }
    }
    return result;
}

} // namespace ws
