// SPDX-License-Identifier: GPL-2.0-or-later
#include "resynchroniser.hpp"

#include <algorithm>
#include <utility>

namespace ws {
namespace {

/// Headers that must be plausible after a boundary was found.
constexpr std::uint8_t headers_on_trial = 3;
/// What is left of a frame up to this size is waited for whatever it looks like: WebSocket may carry WebSocket.
constexpr std::uint64_t undoubted = 1 << 16;
/// So much of one chunk's evidence counts against the length of the frame it lies in.
constexpr std::uint32_t most_doubt = 24;
/// So much refutes a length that a message may have, and one that is beyond the limit for messages.
constexpr std::uint32_t enough_doubt = 2 * most_doubt;
constexpr std::uint32_t enough_doubt_beyond_limit = most_doubt / 2;

} // namespace

BoundaryHints Resynchroniser::hints() const {
    return {.masked = terms_.masked(),
            .negotiated = terms_.negotiated,
            .foreign = p_.within > 0, // of a payload anything may be expected
            .aligned = p_.aligned > Position::most_aligned / 2,
            .in_frame = p_.within > 0,
            .answered = answered_};
}

bool Resynchroniser::refutes_length(const FrameHeader& header, Bytes chunk, std::size_t size, std::uint64_t seen) {
    const auto missing = header.frame_length() - seen;
    const bool believable = missing <= terms_.limits.message;
    auto strict = hints();
    strict.foreign = true; // payload of other kinds, zeros for example, may look like frames
    Chain chain;
    if (missing > std::max<std::uint64_t>(undoubted, chunk.size()))
        follow(chain, chunk, strict, trial_);
    auto& doubt = p_.doubt;
    if (!chain.exact || !chain.fits) {
        doubt = {};
        return false;
    }
    if (!doubt.begin)
        doubt.begin = size;
    ++doubt.segments;
    doubt.answered += answered_;
    if (!believable || chain.telling)
        doubt.bits += std::min(chain.bits, most_doubt);
    return outweighs_length(doubt.segments, doubt.answered) &&
           doubt.bits >= (believable ? enough_doubt : enough_doubt_beyond_limit);
}

std::size_t Resynchroniser::end_doubt() noexcept {
    return std::exchange(p_.doubt, {}).begin;
}

bool Resynchroniser::accepts(const FrameHeader& header) noexcept {
    if (!plausible(header, hints()))
        return false;
    --p_.on_trial;
    return true;
}

void Resynchroniser::lose(Undecoded reason, std::uint64_t within) noexcept {
    restart();
    p_.doubt = {};
    p_.on_trial = 0;
    p_.reason = reason;
    p_.within = within;
}

std::size_t Resynchroniser::search(Bytes bytes, std::size_t fresh) {
    const auto boundary = p_.search.next(bytes, hints(), trial_);
    if (boundary == bytes.size() && p_.within)
        p_.within -= fresh;
    return boundary;
}

void Resynchroniser::find(bool resynchronised) noexcept {
    lose(p_.reason);
    p_.on_trial = headers_on_trial;
    p_.resynchronised = resynchronised;
}

bool Resynchroniser::lose_within(std::uint64_t count) noexcept {
    const auto within = p_.within;
    const bool ends = within && count == within;
    lose(count < within ? Undecoded::limit : Undecoded::gap, count < within ? within - count : 0);
    if (ends)
        find(false);
    return ends;
}

} // namespace ws
