// SPDX-License-Identifier: GPL-2.0-or-later
#include "border.hpp"

#include "close_code.hpp"
#include "utf8.hpp"

#include <algorithm>

namespace ws {
namespace {

/// No peer sends frames beyond this; a larger length is taken for noise.
constexpr std::uint64_t implausible_length = std::uint64_t{1} << 28;

struct Chain {
    std::size_t headers = 0;
    std::size_t proof = 0; ///< Bytes of payload that would look otherwise if this were no frame: text that is text.
    bool fits = true;      ///< Nothing implausible.
    bool exact = false;    ///< The last frame ends where the bytes end.
};

/// So much of a payload is looked at, which keeps the search for a border linear.
constexpr std::size_t most_proof = 256;

/// Text of one frame, or its beginning, is well-formed UTF-8 without control characters.
bool is_text(Bytes payload, const FrameHeader& header, bool whole) {
    std::uint8_t plain[most_proof];
    unmask(plain, payload, header.masking_key, 0);
    const Bytes text(plain, payload.size());
    const auto odd = [](std::uint8_t c) { return (c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 127; };
    Utf8Validator utf8;
    return utf8.feed(text) == text.size() && (!whole || utf8.at_border()) && std::none_of(text.begin(), text.end(), odd);
}

/// Looks at what was captured of a frame's payload; false if it speaks against the header.
bool add_proof(Chain& chain, const FrameHeader& header, Bytes payload, bool whole) {
    if (header.opcode == opcode::text && !header.rsv()) {
        const auto looked_at = payload.first(std::min(payload.size(), most_proof));
        if (!is_text(looked_at, header, whole && header.fin && looked_at.size() == payload.size()))
            return false;
        chain.proof += looked_at.size();
    } else if (header.opcode == opcode::close && header.payload_length > 0) {
        if (header.payload_length == 1)
            return false;
        if (payload.size() >= 2) {
            std::uint8_t code[2];
            unmask(code, payload.first(2), header.masking_key, 0);
            if (!close_code(static_cast<std::uint16_t>(code[0] << 8 | code[1])).may_be_sent)
                return false;
            chain.proof += 2;
        }
    }
    return true;
}

Chain follow(Bytes bytes, const BorderHints& hints, std::size_t most) {
    Chain chain;
    while (!bytes.empty() && chain.headers < most) {
        FrameHeader header;
        if (!parse_frame_header(bytes, header))
            return chain;
        const std::uint64_t total = header.size + header.payload_length;
        const bool whole = total <= bytes.size();
        const auto end = whole ? static_cast<std::size_t>(total) : bytes.size();
        if (!plausible(header, hints) || !add_proof(chain, header, bytes.subspan(header.size, end - header.size), whole)) {
            chain.fits = false;
            return chain;
        }
        ++chain.headers;
        if (!whole)
            return chain;
        bytes = bytes.subspan(end);
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
        if (!chain.fits || chain.headers == 0)
            continue;
        // Senders begin most segments with a frame. Elsewhere a single one counts if its payload is text behind a mask, or plain
        // text and its first byte can be no part of a text before it, as bytes of other scripts can.
        const bool alone = at == 0 || (chain.proof >= 4 && (hints.masked || bytes[at - 1] < 0x80));
        if (chain.headers >= 3 || (chain.exact && (alone || chain.headers >= 2)) || (hints.masked && chain.proof >= 16))
            return at;
    }
    return bytes.size();
}

std::size_t count_frames(Bytes bytes, const BorderHints& hints) noexcept {
    const auto chain = follow(bytes, hints, bytes.size());
    return chain.fits ? chain.headers : 0;
}

bool certainly_frames(Bytes bytes, bool masked) noexcept {
    // FIN in the first byte: no text of another protocol begins so.
    if (bytes.size() < 2 || !(bytes[0] & 0x80) || ((bytes[1] & 0x80) != 0) != masked)
        return false;
    const auto chain = follow(bytes, {masked, {}}, bytes.size());
    const std::size_t enough = masked ? 4 : 8;
    return chain.fits && chain.exact && (chain.proof >= enough || (chain.headers >= 3 && chain.proof > 0));
}

} // namespace ws
