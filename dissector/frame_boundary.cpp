// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame_boundary.hpp"

#include "close_code.hpp"
#include "utf8.hpp"

#include <algorithm>
#include <bit>
#include <optional>

namespace ws {
namespace {

// What follows are choices, where it names no source. tests/bench/frame_evidence measures the numbers that are called measured.

/// No peer sends frames beyond this (Node's ws takes messages of up to 100 MiB by default); a larger length is taken for noise.
constexpr std::uint64_t implausible_length = std::uint64_t{1} << 28;
/// So much of a payload is looked at, which keeps the search linear.
constexpr std::size_t most_looked_at = 256;
/// About what a message that short can inflate to: 1,032 bytes for each (258 for two bits, RFC 1951 3.2.5).
constexpr std::size_t most_inflated = 1 << 18;
/// Bytes that most peers put in a ping: none, a counter or a time.
constexpr std::uint64_t longest_ping = 16;
/// Headers of one chain that are read in one go, for the same reason as most_looked_at.
constexpr std::uint32_t most_headers = 8;
/// A pattern is looked for up to this period: that of 16 bytes behind a mask, of 24 as three numbers have, and of 64.
constexpr std::size_t longest_period = 64;
/// So many pings in a row may be alike, before frames that are not.
constexpr std::uint32_t most_patterns = 3;
/// Chains that are waited for. While a search goes on, each is part of every snapshot.
constexpr std::size_t most_open = 64;

// How much tells frames from other bytes, as a power of two. Measured.
constexpr std::uint32_t header_bits = 5;      // of random first two bytes one of 57 is plausible, one of 39 with compression
constexpr std::uint32_t text_header_bits = 9; // one of 512, where the payload confirms it
constexpr std::uint32_t length_bits = 7;      // one of 128 short lengths ends where the bytes do
constexpr std::uint32_t close_code_bits = 5;  // one of 33 codes may be sent
/// A byte of ASCII text brings 4/3 bits: 98 of 256 are printable.
constexpr std::uint32_t text_bits_of_3_bytes = 4;
/// A control character in text takes back what so many others bring.
constexpr std::size_t good_for_an_odd_one = 8;
/// Two bytes inflate to a message in one of 800 cases, and each four more halve that.
constexpr std::uint32_t compressed_bits = 9;
constexpr std::uint32_t bytes_for_a_compressed_bit = 4;
constexpr std::uint32_t most_further_compressed_bits = 16;
/// One of four inputs inflates if more context is granted, or if it is a single byte.
constexpr std::uint32_t doubtful_compressed_bits = 2;
/// Content that is more than structure: four characters of text.
constexpr std::uint32_t enough_telling = 5;
/// Unmasked text, in a connection that may be another protocol's, is as likely to be that's; or a payload's, behind two bytes
/// that look like a header.
constexpr std::uint32_t most_foreign_text_bits = 8;
/// A boundary is taken if noise before it looks so in one of 2^18 cases: of 100,000 segments of noise one is, where every byte of
/// them may begin a frame.
constexpr std::uint32_t boundary_bits = 18;

/// What text tells: a third of all bytes are printable ASCII. A control character is rare in text, but not in what a wrong
/// masking key makes of it.
std::uint32_t text_bits(Bytes text) {
    const auto odd = static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](std::uint8_t c) { return (c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 127; }));
    const auto good = text.size() - odd;
    const auto less = good_for_an_odd_one * odd;
    return good > less ? static_cast<std::uint32_t>((good - less) * text_bits_of_3_bytes / 3) : 0;
}

/// Other bytes would hardly have these four where a masking key is.
bool random_key(const FrameHeader& header) {
    const auto high = [](std::uint8_t c) { return c >= 0x80; };
    return std::any_of(std::begin(header.masking_key), std::end(header.masking_key), high) &&
           !std::all_of(std::begin(header.masking_key), std::end(header.masking_key), high);
}

/// How much tells that this is a compressed message. False if it is none (RFC 7692 7.2.2).
bool weigh_compressed(const FrameHeader& header, Bytes payload, const BoundaryHints& hints, TrialInflation& trial,
                      std::uint32_t& bits) {
    auto& [inflater, out] = trial;
    std::uint8_t plain[most_looked_at];
    unmask(plain, payload, header.masking_key, 0);
    inflater.reset(false);
    const auto result = inflater.inflate({plain, payload.size()}, most_inflated, out);
    if (result == Inflated::failed)
        return !hints.foreign && !hints.negotiated.known; // there, RSV1 may have another meaning
    Utf8Validator utf8;
    if (result == Inflated::ok && header.opcode == opcode::text && (utf8.feed(out) != out.size() || !utf8.at_boundary()))
        return false;
    const auto size = static_cast<std::uint32_t>(payload.size());
    if (result != Inflated::ok || size < 2)
        bits += doubtful_compressed_bits;
    else
        bits += compressed_bits + std::min(size / bytes_for_a_compressed_bit, most_further_compressed_bits);
    return true;
}

bool repeats(const Chain& chain, const FrameHeader& header) {
    return chain.headers && header.payload_length == chain.last.payload_length &&
           std::equal(std::begin(header.masking_key), std::end(header.masking_key), chain.last.masking_key);
}

/// Do these `size` bytes only go on with a pattern, or consist of one? A payload of zeros does, also behind its mask, and
/// whatever they look like, they look so all the time.
bool follows_pattern(Bytes bytes, std::size_t at, std::size_t size) {
    const auto end = at + std::min(size, most_looked_at);
    for (std::size_t period = 1; period <= longest_period && 2 * period <= end; ++period) {
        const auto begin = std::max(std::min(at, end - period), period);
        if (end - begin >= period && std::equal(bytes.data() + begin, bytes.data() + end, bytes.data() + begin - period))
            return true;
    }
    return false;
}

/// A frame, what was captured of its payload, and what is before it.
struct Seen {
    Bytes bytes; ///< Of the segment; the frame begins at `at`.
    std::size_t at;
    Bytes payload;
    bool whole;
};

/// Text of other scripts has bytes like the first one of a header in it: then this may be the midst of such text.
bool may_be_in_text(const FrameHeader& header, const Seen& seen) {
    const auto high = [](std::uint8_t c) { return c >= 0x80; };
    if (header.masked)
        return false;
    const auto text = seen.payload.subspan(std::min<std::size_t>(header.opcode == opcode::close ? 2 : 0, seen.payload.size()));
    return seen.at ? seen.bytes[seen.at - 1] >= 0x80 : std::any_of(text.begin(), text.end(), high);
}

/// How much tells that this is text, or a Close frame's body. False if it is neither.
bool weigh_text(const FrameHeader& header, const Seen& seen, const BoundaryHints& hints, std::uint32_t& bits,
                std::uint32_t& telling) {
    std::uint8_t plain[most_looked_at];
    const auto looked_at = seen.payload.first(std::min(seen.payload.size(), most_looked_at));
    auto text = looked_at;
    if (header.masked) {
        unmask(plain, looked_at, header.masking_key, 0);
        text = {plain, looked_at.size()};
    }
    if (header.opcode == opcode::close && header.payload_length == 1)
        return false;
    if (header.opcode == opcode::close && text.size() >= 2) {
        if (!close_code(static_cast<std::uint16_t>(text[0] << 8 | text[1])).may_be_sent)
            return false;
        bits += close_code_bits;
        text = text.subspan(2);
    }
    Utf8Validator utf8;
    const bool all = seen.whole && header.fin && looked_at.size() == seen.payload.size();
    if (utf8.feed(text) != text.size() || (all && !utf8.at_boundary()))
        return false;
    telling = text_bits(text);
    if (hints.foreign) {
        // Text is in many protocols; a zero byte may end it (STOMP).
        const bool zero = all && text.size() > 1 && text.back() == 0;
        const auto printable = text.first(text.size() - (zero ? 1 : 0));
        if (text_bits(printable) < printable.size() * text_bits_of_3_bytes / 3)
            return false;
        telling = header.masked ? text_bits(printable) : std::min(text_bits(printable), most_foreign_text_bits);
    }
    if (!header.masked && !seen.whole && !header.length_size) // any text goes on as text
        telling = std::min(telling, most_foreign_text_bits);
    if (may_be_in_text(header, seen) && !(hints.foreign && seen.whole))
        telling = 0;
    else if (telling && header.fin)
        bits += text_header_bits - header_bits;
    bits += telling;
    return true;
}

/// Looks at what is there of a frame's payload; false if it speaks against the header.
bool weigh(Chain& chain, const FrameHeader& header, const Seen& seen, const BoundaryHints& hints, TrialInflation& trial) {
    std::uint32_t bits = header_bits;
    std::uint32_t telling = 0;
    const bool message = header.fin && (header.opcode == opcode::text || header.opcode == opcode::binary);
    if ((header.opcode == opcode::text && !header.rsv()) || header.opcode == opcode::close) {
        if (!weigh_text(header, seen, hints, bits, telling))
            return false;
    } else if (header.rsv1 && message && seen.whole && seen.payload.size() <= most_looked_at &&
               hints.negotiated.compression != Negotiated::Compression::deflate_frame && !hints.negotiated.unknown_extension) {
        if (!weigh_compressed(header, seen.payload, hints, trial, telling))
            return false;
        bits += telling;
    }
    if (hints.foreign && header.masked && telling < enough_telling && (!random_key(header) || repeats(chain, header)))
        bits = 0; // it may be a structure of another protocol
    // Then the frame tells no more than what is before it.
    const bool pattern = follows_pattern(seen.bytes, seen.at, header.size + seen.payload.size());
    if (pattern)
        bits = telling = 0;
    chain.patterns += pattern;
    chain.bits += bits;
    chain.counts = bits > 0;
    chain.telling = chain.telling || telling >= enough_telling;
    return true;
}

/// RFC 6455 5.4.
bool fits_message(const Chain& chain, const FrameHeader& header) {
    if (is_control(header.opcode) || chain.message == Chain::Message::unknown)
        return true;
    return (header.opcode == opcode::continuation) == (chain.message == Chain::Message::open);
}

/// Most segments begin with a frame; in the midst of one there are many places for chance.
bool taken(const Chain& chain, const BoundaryHints& hints) {
    if (!chain.headers || !chain.fits || chain.patterns > most_patterns)
        return false;
    // A payload may repeat whatever looks like empty frames, zeros above all, in as many segments as it likes.
    if (hints.in_frame && !(chain.telling && outweighs_length(chain.segments, chain.answered)))
        return false;
    if (hints.aligned && !chain.before && chain.exact && !chain.patterns)
        return true;
    return chain.bits >= boundary_bits + static_cast<std::uint32_t>(std::bit_width(chain.before));
}

/// A frame before the first that is certain: the end of a payload may look like one by chance, and nothing is lost without it or
/// little.
bool doubtful(const FrameHeader& header, const BoundaryHints& hints) {
    if (header.opcode == opcode::continuation) // of a message that is lost in any case
        return true;
    if (header.payload_length == 0) // compressed messages end in a zero byte (RFC 7692 7.2.1)
        return !hints.negotiated.known || hints.negotiated.compression != Negotiated::Compression::none;
    return (header.opcode == opcode::ping || header.opcode == opcode::pong) && header.payload_length > longest_ping;
}

/// A chain that begins here, followed for at most `most` headers; not fit if the first of them tells nothing.
Chain begin_chain(std::size_t at, std::size_t segment, Bytes bytes, const BoundaryHints& hints, TrialInflation& trial,
                  std::uint32_t most) {
    Chain chain;
    chain.begin = chain.end = at;
    chain.before = at - segment;
    follow(chain, bytes, hints, trial, 1);
    chain.fits = chain.fits && (chain.bits || !chain.headers);
    if (chain.fits && chain.headers)
        follow(chain, bytes, hints, trial, most - 1);
    return chain;
}

/// Where the chain begins that is certain as a whole. It ends where nothing was read yet.
std::size_t certain_begin(const Chain& chain, Bytes bytes, const BoundaryHints& hints) {
    auto at = chain.begin;
    bytes = bytes.first(std::min(chain.end, bytes.size()));
    FrameHeader header;
    while (chain.before && parse_frame_header(bytes.subspan(at), header) && doubtful(header, hints)) {
        if (header.frame_length() >= bytes.size() - at)
            return chain.begin;
        at += static_cast<std::size_t>(header.frame_length());
    }
    return at;
}

/// Most bytes can begin no frame.
bool may_begin(Bytes bytes, const BoundaryHints& hints) {
    const bool reserved = is_reserved(bytes[0] & 0x0f) || (is_control(bytes[0] & 0x0f) && !(bytes[0] & 0x80));
    return !reserved && (bytes.size() < 2 || ((bytes[1] & 0x80) != 0) == hints.masked);
}

} // namespace

bool plausible(const FrameHeader& header, const BoundaryHints& hints) noexcept {
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

void follow(Chain& chain, Bytes bytes, const BoundaryHints& hints, TrialInflation& trial, std::uint32_t most) noexcept {
    const auto before = chain.headers; // few senders cut short frames in pieces
    const auto stop = most > 0xffffffff - chain.headers ? 0xffffffff : chain.headers + most;
    chain.exact = false;
    while (chain.end < bytes.size() && chain.headers < stop) {
        const auto left = bytes.subspan(chain.end);
        FrameHeader header;
        if (!parse_frame_header(left, header)) {
            chain.fits = may_begin(left, hints);
            return;
        }
        const auto total = header.frame_length();
        const bool whole = total <= left.size();
        const auto payload = left.first(whole ? static_cast<std::size_t>(total) : left.size()).subspan(header.size);
        if (!plausible(header, hints) || !fits_message(chain, header) ||
            !weigh(chain, header, {bytes, chain.end, payload, whole}, hints, trial)) {
            chain.fits = false;
            return;
        }
        if (!is_control(header.opcode))
            chain.message = header.fin ? Chain::Message::none : Chain::Message::open;
        ++chain.headers;
        chain.end += static_cast<std::size_t>(total); // which is plausible
        chain.last = header;
    }
    chain.exact = chain.end == bytes.size() && chain.headers;
    if (chain.exact && chain.counts && (chain.last.payload_length || chain.last.masked) &&
        (chain.headers > before || chain.last.length_size)) {
        chain.bits += length_bits + 8U * chain.last.length_size;
        chain.telling = chain.telling || chain.last.length_size;
    }
}

/// Chains are followed through whole segments, and each header once, whichever chains it is in: two that meet have the same
/// future.
std::size_t BoundarySearch::next_in_frame(Bytes bytes, const BoundaryHints& hints, TrialInflation& trial) {
    const auto segment = searched_;
    std::vector<bool> followed(bytes.size() - segment);
    const auto follow_to_end = [&](Chain& chain) {
        const auto before = chain.headers;
        auto last = before;
        do {
            last = chain.headers;
            if (chain.end >= segment) {
                chain.fits = !followed[chain.end - segment];
                followed[chain.end - segment] = true;
            }
            if (chain.fits)
                follow(chain, bytes, hints, trial, 1);
        } while (chain.fits && chain.headers > last && chain.end < bytes.size());
        if (chain.headers > before) {
            ++chain.segments;
            chain.answered += hints.answered;
        }
        return taken(chain, hints);
    };
    for (auto& chain : open_)
        if (chain.end < bytes.size() && follow_to_end(chain))
            return certain_begin(chain, bytes, hints);
    std::erase_if(open_, [](const Chain& chain) { return !chain.fits; });
    // The place where the segment begins is looked at in any case.
    for (auto most = 2 * most_open; searched_ < bytes.size() && open_.size() < most; ++searched_, most = most_open) {
        if (followed[searched_ - segment] || !may_begin(bytes.subspan(searched_), hints))
            continue;
        Chain chain;
        chain.begin = chain.end = searched_;
        chain.before = searched_ - segment;
        follow_to_end(chain);
        if (chain.fits)
            open_.push_back(chain);
    }
    searched_ = bytes.size();
    return bytes.size();
}

std::size_t BoundarySearch::next(Bytes bytes, const BoundaryHints& hints, TrialInflation& trial) noexcept {
    if (hints.in_frame)
        return next_in_frame(bytes, hints, trial);
    const auto segment = searched_;
    std::size_t kept = 0;
    for (auto& chain : open_) {
        if (chain.end <= bytes.size())
            follow(chain, bytes, hints, trial, most_headers);
        if (taken(chain, hints))
            return certain_begin(chain, bytes, hints);
        if (chain.fits && chain.patterns <= most_patterns)
            open_[kept++] = chain;
    }
    open_.resize(kept);
    for (; searched_ < bytes.size(); ++searched_) {
        if (!may_begin(bytes.subspan(searched_), hints))
            continue;
        const auto chain = begin_chain(searched_, segment, bytes, hints, trial, most_headers);
        if (taken(chain, hints))
            return certain_begin(chain, bytes, hints);
        if (chain.fits && chain.patterns <= most_patterns && open_.size() < most_open)
            open_.push_back(chain);
    }
    return bytes.size();
}

} // namespace ws
