// SPDX-License-Identifier: GPL-2.0-or-later
#include "border.hpp"

#include <algorithm>

namespace ws {
namespace {

/// No peer sends frames beyond this; a larger length is taken for noise.
constexpr std::uint64_t implausible_length = std::uint64_t{1} << 28;

struct Chain {
    std::size_t headers = 0;
    bool fits = true; ///< No implausible header.
    bool exact = false; ///< The last frame ends where the bytes end.
};

Chain follow(Bytes bytes, const BorderHints& hints, std::size_t most) {
    Chain chain;
    while (!bytes.empty() && chain.headers < most) {
        FrameHeader header;
        if (!parse_frame_header(bytes, header))
            return chain;
        if (!plausible(header, hints)) {
            chain.fits = false;
            return chain;
        }
        ++chain.headers;
        const std::uint64_t total = header.size + header.payload_length;
        if (total > bytes.size())
            return chain;
        bytes = bytes.subspan(static_cast<std::size_t>(total));
    }
    chain.exact = bytes.empty();
    return chain;
}

} // namespace

bool plausible(const FrameHeader& header, const BorderHints& hints) noexcept {
    using enum Negotiated::Compression;
    if (is_reserved(header.opcode) || header.masked != hints.masked || !header.length_minimal() ||
        header.payload_length > implausible_length)
        return false;
    if (is_control(header.opcode) && (!header.fin || header.payload_length > 125 || header.rsv1))
        return false;
    if (hints.negotiated.unknown_extension)
        return true;
    return !header.rsv2 && !header.rsv3 && (!header.rsv1 || !hints.negotiated.known || hints.negotiated.compression != none);
}

std::size_t find_border(Bytes bytes, const BorderHints& hints) noexcept {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        const auto chain = follow(bytes.subspan(at), hints, 4);
        if (chain.fits && chain.headers > 0 && (chain.exact || chain.headers >= 3))
            return at;
    }
    return bytes.size();
}

std::size_t count_frames(Bytes bytes, const BorderHints& hints) noexcept {
    const auto chain = follow(bytes, hints, bytes.size());
    return chain.fits ? chain.headers : 0;
}

} // namespace ws
