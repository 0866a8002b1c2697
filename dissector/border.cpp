// SPDX-License-Identifier: GPL-2.0-or-later
#include "border.hpp"

#include "close_code.hpp"
#include "inflater.hpp"
#include "utf8.hpp"

#include <algorithm>
#include <bit>

namespace ws {
namespace {

/// No peer sends frames beyond this; a larger length is taken for noise.
constexpr std::uint64_t implausible_length = std::uint64_t{1} << 28;
/// So much of a payload is looked at, which keeps the search linear.
constexpr std::size_t most_looked_at = 256;
/// No message that short inflates to more.
constexpr std::size_t most_inflated = 1 << 18;
/// Headers of one chain that are read in one go, for the same reason.
constexpr std::uint32_t most_headers = 8;
/// Chains that are waited for.
constexpr std::size_t most_open = 64;

// How much tells frames from other bytes, as a power of two
constexpr std::uint32_t header_bits = 5;      // 13 of 256 first bytes are plausible, and one value of the mask bit
constexpr std::uint32_t text_header_bits = 9; // one of 256, where the payload confirms it
constexpr std::uint32_t length_bits = 7;
constexpr std::uint32_t close_code_bits = 5;
/// A border is taken if noise before it looks so in one of 2^12 cases.
constexpr std::uint32_t border_bits = 12;

/// Of text: a third of all bytes are printable ASCII, a control character is rare in text.
std::uint32_t text_bits(Bytes text) {
    const auto odd = static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](std::uint8_t c) { return (c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 127; }));
    const auto good = text.size() - odd;
    return good > 4 * odd ? static_cast<std::uint32_t>((good - 4 * odd) * 4 / 3) : 0;
}

/// Other bytes would hardly have these four where a masking key is.
bool random_key(const FrameHeader& header) {
    return std::any_of(std::begin(header.masking_key), std::end(header.masking_key),
                       [](std::uint8_t c) { return c < ' ' || c > '~'; });
}

/// Of a compressed message: how much tells that it is one. False if it is none (RFC 7692 7.2.2).
bool weigh_compressed(const FrameHeader& header, Bytes payload, const BorderHints& hints, std::uint32_t& bits) {
    static thread_local Inflater inflater;
    static thread_local std::vector<std::uint8_t> out;
    std::uint8_t plain[most_looked_at];
    unmask(plain, payload, header.masking_key, 0);
    inflater.reset(false);
    const auto result = inflater.inflate({plain, payload.size()}, most_inflated, out);
    if (result == Inflated::failed)
        return !hints.foreign && !hints.negotiated.known; // there, RSV1 may have another meaning
    Utf8Validator utf8;
    if (result == Inflated::ok && header.opcode == opcode::text && (utf8.feed(out) != out.size() || !utf8.at_border()))
        return false;
    // Measured on random bytes: one of 800 is a message of two bytes, one of 66,000 of 32 bytes.
    bits += result != Inflated::ok || payload.size() < 2 ? 2 : 9 + std::min(static_cast<std::uint32_t>(payload.size()) / 4, 16U);
    return true;
}

bool repeats(const Chain& chain, const FrameHeader& header) {
    return chain.headers && header.payload_length == chain.last.payload_length &&
           std::equal(std::begin(header.masking_key), std::end(header.masking_key), chain.last.masking_key);
}

/// Looks at what is there of a frame's payload; false if it speaks against the header. `clean`: no text of other scripts could
/// have the first byte of the header in it.
bool weigh(Chain& chain, const FrameHeader& header, Bytes payload, bool whole, bool clean, const BorderHints& hints) {
    const auto looked_at = payload.first(std::min(payload.size(), most_looked_at));
    std::uint8_t plain[most_looked_at];
    std::uint32_t bits = header_bits;
    bool telling = false;
    const bool is_close = header.opcode == opcode::close && header.payload_length > 0;
    if ((header.opcode == opcode::text && !header.rsv()) || is_close) {
        if (header.payload_length == 1 && is_close)
            return false;
        unmask(plain, looked_at, header.masking_key, 0);
        auto text = Bytes(plain, looked_at.size());
        if (is_close && text.size() >= 2) {
            if (!close_code(static_cast<std::uint16_t>(plain[0] << 8 | plain[1])).may_be_sent)
                return false;
            bits += close_code_bits;
            text = text.subspan(2);
        }
        Utf8Validator utf8;
        const bool all = whole && header.fin && looked_at.size() == payload.size();
        if (utf8.feed(text) != text.size() || (all && !utf8.at_border()))
            return false;
        const auto more = text_bits(text);
        if (hints.foreign && !text.empty() && !more)
            return false;
        telling = more >= length_bits - 2;
        if (more && header.fin && (clean || whole))
            bits += text_header_bits - header_bits;
        bits += clean || whole ? more : more / 4;
    } else if (hints.foreign && header.masked && (!random_key(header) || repeats(chain, header))) {
        bits = 0; // it may be a structure of another protocol
    }
    const bool message = header.fin && (header.opcode == opcode::text || header.opcode == opcode::binary);
    if (header.rsv1 && message && whole && payload.size() == looked_at.size() &&
        hints.negotiated.compression != Negotiated::Compression::deflate_frame && !hints.negotiated.unknown_extension) {
        if (!weigh_compressed(header, payload, hints, bits))
            return false;
        telling = bits >= header_bits + length_bits;
    }
    chain.bits += bits;
    chain.counts = bits > 0;
    chain.telling = chain.telling || telling;
    return true;
}

/// RFC 6455 5.4.
bool fits_message(const Chain& chain, const FrameHeader& header) {
    if (is_control(header.opcode) || chain.message == Chain::Message::unknown)
        return true;
    return (header.opcode == opcode::continuation) == (chain.message == Chain::Message::open);
}

bool taken(const Chain& chain, std::size_t distance) {
    return chain.headers && chain.bits >= border_bits + static_cast<std::uint32_t>(std::bit_width(distance));
}

/// Most bytes can begin no frame.
bool may_begin(Bytes bytes, const BorderHints& hints) {
    const bool reserved = is_reserved(bytes[0] & 0x0f) || (is_control(bytes[0] & 0x0f) && !(bytes[0] & 0x80));
    return !reserved && (bytes.size() < 2 || ((bytes[1] & 0x80) != 0) == hints.masked);
}

} // namespace

bool plausible(const FrameHeader& header, const BorderHints& hints) noexcept {
    using enum Negotiated::Compression;
    if (is_reserved(header.opcode) || header.masked != hints.masked || !header.length_minimal() ||
        header.payload_length > implausible_length)
        return false;
    if (hints.foreign && !header.fin && header.payload_length == 0) // nobody sends such, and zeros look so
        return false;
    if (is_control(header.opcode) && (!header.fin || header.payload_length > 125 || header.rsv1))
        return false;
    if (hints.negotiated.unknown_extension)
        return true;
    if (header.rsv2 || header.rsv3)
        return false;
    return !header.rsv1 || hints.negotiated.compression == deflate_frame ||
           (header.opcode != opcode::continuation &&
            (!hints.negotiated.known || hints.negotiated.compression == permessage_deflate));
}

void follow(Chain& chain, Bytes bytes, const BorderHints& hints, std::uint32_t most) noexcept {
    const auto stop = most > 0xffffffff - chain.headers ? 0xffffffff : chain.headers + most;
    chain.exact = false;
    while (chain.end < bytes.size() && chain.headers < stop) {
        const auto left = bytes.subspan(chain.end);
        FrameHeader header;
        if (!parse_frame_header(left, header)) {
            chain.fits = may_begin(left, hints);
            return;
        }
        const std::uint64_t total = header.size + header.payload_length;
        const bool whole = total <= left.size();
        const auto payload = left.first(whole ? static_cast<std::size_t>(total) : left.size()).subspan(header.size);
        const bool clean = header.masked || (chain.end > 0 && (bytes[chain.end - 1] < 0x80 || chain.headers));
        if (!plausible(header, hints) || !fits_message(chain, header) || !weigh(chain, header, payload, whole, clean, hints)) {
            chain.fits = false;
            return;
        }
        if (!is_control(header.opcode))
            chain.message = header.fin ? Chain::Message::none : Chain::Message::open;
        ++chain.headers;
        chain.end += static_cast<std::size_t>(total);
        chain.last = header;
    }
    chain.exact = chain.end == bytes.size() && chain.headers;
    if (chain.exact && chain.counts) {
        chain.bits += length_bits + 8U * chain.last.length_size;
        chain.telling = chain.telling || chain.last.length_size;
    }
}

std::size_t BorderSearch::next(Bytes bytes, const BorderHints& hints) noexcept {
    std::size_t kept = 0;
    for (auto& chain : open_) {
        if (chain.end < bytes.size())
            follow(chain, bytes, hints, most_headers);
        if (chain.fits && taken(chain, chain.begin))
            return chain.begin;
        if (chain.fits)
            open_[kept++] = chain;
    }
    open_.resize(kept);
    for (; searched_ < bytes.size(); ++searched_) {
        if (!may_begin(bytes.subspan(searched_), hints))
            continue;
        Chain chain;
        chain.begin = chain.end = searched_;
        follow(chain, bytes, hints, most_headers);
        if (chain.fits && taken(chain, searched_))
            return searched_;
        if (chain.fits && open_.size() < most_open)
            open_.push_back(chain);
    }
    return bytes.size();
}

std::size_t find_border(Bytes bytes, const BorderHints& hints) noexcept {
    return BorderSearch().next(bytes, hints);
}

} // namespace ws
