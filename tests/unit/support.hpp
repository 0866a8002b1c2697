// SPDX-License-Identifier: GPL-2.0-or-later
// What the tests are made of: builders that know the RFCs and nothing of the code under test, and a session
// that plays bytes to it.
#pragma once

#include "connection_decoder.hpp"
#include "test_arena.hpp"

#include <zlib.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace ws::test {

using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr auto client = Direction::client_to_server;
constexpr auto server = Direction::server_to_client;
constexpr Direction both_directions[] = {client, server};

// -----------------------------------------------------------------------------------------------------------
// frames

/// A frame as RFC 6455 5.2 draws it, right or wrong.
struct WireFrame {
    bool fin = true;
    bool rsv1 = false;
    bool rsv2 = false;
    bool rsv3 = false;
    unsigned opcode = 1;
    std::optional<std::string> key = {}; ///< Four bytes: masked.
    std::string payload = {};
    std::optional<std::uint64_t> length = {}; ///< Claimed instead of the payload's.
    int length_size = -1;                     ///< Bytes of extended length: 0, 2 or 8; -1: what fits.
};

inline std::string wire(const WireFrame& f) {
    const std::uint64_t length = f.length.value_or(f.payload.size());
    const int size = f.length_size >= 0 ? f.length_size : length < 126 ? 0 : length < 65536 ? 2 : 8;
    std::string out;
    out += static_cast<char>(f.fin * 0x80 + f.rsv1 * 0x40 + f.rsv2 * 0x20 + f.rsv3 * 0x10 + static_cast<int>(f.opcode));
    out += static_cast<char>((f.key ? 128 : 0) + (size == 0 ? static_cast<int>(length) : size == 2 ? 126 : 127));
    for (int i = size; i-- > 0;)
        out += static_cast<char>(length >> (8 * i));
    if (f.key)
        out += *f.key;
    for (std::size_t i = 0; i < f.payload.size(); ++i)
        out += static_cast<char>(f.key ? f.payload[i] ^ (*f.key)[i % 4] : f.payload[i]);
    return out;
}

/// The same, masked if a client sends it.
inline std::string wire(Direction direction, WireFrame f) {
    if (direction == client && !f.key)
        f.key = "\x37\xfa\x21\x3d";
    return wire(f);
}

/// The body of a Close frame.
inline std::string close_body(unsigned code, std::string_view reason = {}) {
    return std::string{static_cast<char>(code >> 8), static_cast<char>(code)}.append(reason);
}

// -----------------------------------------------------------------------------------------------------------
// deflate

/// zlib's compressor as RFC 7692 7.2.1 uses it.
class Deflater {
  public:
    explicit Deflater(int window_bits = 15, int level = 6) {
        if (deflateInit2(&stream_, level, Z_DEFLATED, -window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
            std::abort();
    }
    ~Deflater() { deflateEnd(&stream_); }
    Deflater(const Deflater&) = delete;
    Deflater& operator=(const Deflater&) = delete;

    /// One message: ends in an empty stored block whose last four bytes are removed.
    std::string message(std::string_view text) {
        auto out = run(text, Z_SYNC_FLUSH);
        if (out.empty())
            return "\0"s; // zlib writes nothing for nothing; RFC 7692 7.2.3.6
        out.resize(out.size() - 4);
        return out;
    }
    /// One message in a final block (RFC 7692 7.2.3.5).
    std::string final_message(std::string_view text) {
        auto out = run(text, Z_FINISH) + '\0';
        forget();
        return out;
    }
    /// Forgets the window: no context takeover.
    void forget() { deflateReset(&stream_); }

  private:
    std::string run(std::string_view text, int flush) {
        std::string out;
        char buffer[16384];
        stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
        stream_.avail_in = static_cast<uInt>(text.size());
        do {
            stream_.next_out = reinterpret_cast<Bytef*>(buffer);
            stream_.avail_out = sizeof buffer;
            deflate(&stream_, flush);
            out.append(buffer, sizeof buffer - stream_.avail_out);
        } while (stream_.avail_out == 0);
        return out;
    }
    z_stream stream_{};
};

/// A block of fixed Huffman codes (RFC 1951 3.2.6), written symbol by symbol: for distances that no
/// compressor would choose.
class FixedBlock {
  public:
    FixedBlock() { bits(0b010, 3); }
    FixedBlock& literals(std::string_view text) {
        for (const unsigned byte : as_bytes(text))
            code(byte < 144 ? 0x30 + byte : 0x190 + byte - 144, byte < 144 ? 8 : 9);
        return *this;
    }
    /// `length` 3 to 10.
    FixedBlock& match(unsigned length, unsigned distance) {
        code(1 + length - 3, 7);
        const unsigned d = distance - 1;
        unsigned log = 0;
        while (d >> (log + 1))
            ++log;
        code(d < 4 ? d : 2 * log + (d >> (log - 1) & 1), 5);
        if (d >= 4)
            bits(d & ((1U << (log - 1)) - 1), log - 1);
        return *this;
    }
    /// The message: end of block and the beginning of the empty stored block.
    std::string message() {
        code(0, 7);
        bits(0, 3);
        return out_;
    }

  private:
    void bits(unsigned value, unsigned count) {
        for (; count-- > 0; value >>= 1)
            bit(value & 1);
    }
    void code(unsigned value, unsigned count) {
        while (count-- > 0)
            bit(value >> count & 1);
    }
    void bit(unsigned one) {
        if (used_ % 8 == 0)
            out_ += '\0';
        out_.back() = static_cast<char>(out_.back() | static_cast<char>(one << used_ % 8));
        ++used_;
    }
    std::string out_;
    unsigned used_ = 0;
};

/// Bytes that do not compress, always the same.
inline std::string noise(std::size_t size, unsigned seed = 1) {
    std::mt19937 random(seed);
    std::string out(size, '\0');
    for (auto& c : out)
        c = static_cast<char>(random());
    return out;
}

/// Words in no order: compresses, with references from all over the window.
inline std::string prose(std::size_t size, unsigned seed = 1) {
    std::mt19937 random(seed);
    std::string out;
    while (out.size() < size) {
        const auto word = random() % 500;
        for (unsigned i = 0; i < 3 + word % 7; ++i)
            out += static_cast<char>('a' + (word * (i + 7)) % 26);
        out += ' ';
    }
    out.resize(size);
    return out;
}

// -----------------------------------------------------------------------------------------------------------
// negotiation

inline Negotiated plain() {
    Negotiated n;
    n.known = true;
    return n;
}

inline Negotiated deflate(std::uint8_t window_bits = 15, bool takeover = true) {
    auto n = plain();
    n.compression = Negotiated::Compression::permessage_deflate;
    for (const auto i : {0, 1}) {
        n.window_bits[i] = window_bits;
        n.no_context_takeover[i] = !takeover;
    }
    return n;
}

inline Negotiated deflate_frame() {
    auto n = plain();
    n.compression = Negotiated::Compression::deflate_frame;
    return n;
}

inline Negotiated unknown_extension() {
    auto n = plain();
    n.unknown_extension = true;
    return n;
}

// -----------------------------------------------------------------------------------------------------------
// the facts

inline std::string str(Bytes bytes) {
    return std::string(as_text(bytes));
}

/// The rules, by name, with blanks between.
inline std::string names(const Violations& violations) {
    std::string out;
    for (std::size_t i = 0; i < violation_table().size(); ++i)
        if (violations.has(static_cast<Violation>(i)))
            out.append(out.empty() ? "" : " ").append(violation_table()[i].name);
    return out;
}

inline std::string hex(Bytes bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (const auto byte : bytes.first(std::min<std::size_t>(bytes.size(), 64)))
        (out += digits[byte >> 4]) += digits[byte & 15];
    return out + "/" + std::to_string(bytes.size()) + "#" + std::to_string(std::hash<std::string_view>{}(as_text(bytes)));
}

enum class Detail {
    stable, ///< What must not depend on how the stream was split.
    all,    ///< What a second visit must tell again.
};

inline std::string render(const Message& m, Detail detail) {
    std::ostringstream to;
    to << " => " << m.number << " opcode " << +m.opcode << " compressed " << m.compressed << " opaque " << m.opaque << " text "
       << m.text << " undecoded " << undecoded_name(m.undecoded) << " wire " << m.wire_length << " own " << m.own_data << " "
       << hex(m.data) << " frames " << m.frames;
    for (std::uint32_t i = 0; m.fragments && i < m.frames; ++i) {
        to << " +" << m.fragments[i].length;
        if (detail == Detail::all)
            to << "@" << m.fragments[i].packet;
    }
    return to.str();
}

inline std::string render(const Frame& f, Detail detail) {
    std::ostringstream to;
    const auto& h = f.header;
    to << "frame " << f.index << " " << h.fin << h.rsv1 << h.rsv2 << h.rsv3 << h.masked << " opcode " << +h.opcode << " length "
       << h.payload_length << "/" << +h.length_size << " size " << +h.size << " key " << hex(h.masking_key) << " message "
       << f.message << " first " << f.first_of_message << " [" << names(f.violations) << "] at " << f.violation_offset
       << " undecoded " << undecoded_name(f.undecoded) << " resynchronised " << f.resynchronised << " closes " << f.closes_first;
    if (f.undecoded == Undecoded::no || detail == Detail::all)
        to << " payload " << hex(f.payload) << " bytes " << hex(f.bytes);
    if (detail == Detail::all)
        to << " at " << f.offset << " spread " << f.spread << " ping_in " << f.ping_in << " after " << f.round_trip
           << " close_in " << f.close_in;
    else
        to << " answers " << (f.ping_in != 0) << (f.close_in != 0);
    if (f.completes)
        to << render(*f.completes, detail);
    to << "\n";
    return to.str();
}

inline std::string render(const Facts& facts, Detail detail) {
    std::ostringstream to;
    for (const auto& event : facts.events) {
        if (const auto* frame = std::get_if<Frame>(&event))
            to << render(*frame, detail);
        else if (detail == Detail::stable)
            continue;
        else if (const auto* part = std::get_if<FramePart>(&event))
            to << "part " << part->offset << "+" << part->length << " header " << part->header_known << " "
               << (part->header_known ? part->header.payload_length : 0) << " have " << part->have << "\n";
        else if (const auto* skipped = std::get_if<SkippedBytes>(&event))
            to << "skipped " << skipped->offset << "+" << skipped->length << " lost " << skipped->lost << " "
               << undecoded_name(skipped->reason) << "\n";
    }
    return to.str();
}

/// The events of one kind.
template <class Kind>
std::vector<const Kind*> events(const Facts& facts) {
    std::vector<const Kind*> out;
    for (const auto& event : facts.events)
        if (const auto* found = std::get_if<Kind>(&event))
            out.push_back(found);
    return out;
}
inline std::vector<const Frame*> frames_of(const Facts& facts) {
    return events<Frame>(facts);
}
inline std::vector<const FramePart*> parts_of(const Facts& facts) {
    return events<FramePart>(facts);
}
inline std::vector<const SkippedBytes*> skipped_by(const Facts& facts) {
    return events<SkippedBytes>(facts);
}

/// What is wrong with the facts in themselves: they must lie in the piece, in order, and not overlap.
inline std::string disorder(const Facts& facts, Bytes piece) {
    std::size_t end = 0;
    for (const auto& event : facts.events) {
        std::size_t begin = 0, length = 0;
        if (const auto* frame = std::get_if<Frame>(&event)) {
            if (frame->spread)
                continue;
            begin = frame->offset;
            length = frame->bytes.size();
            if (begin + length <= piece.size() && frame->bytes.data() != piece.data() + begin)
                return "a frame's bytes are elsewhere:\n" + render(facts, Detail::all);
        } else if (const auto* part = std::get_if<FramePart>(&event)) {
            begin = part->offset;
            length = part->length;
        } else if (const auto* skipped = std::get_if<SkippedBytes>(&event)) {
            begin = skipped->offset;
            length = skipped->length;
        }
        if (begin < end || begin + length > piece.size())
            return "out of place:\n" + render(facts, Detail::all);
        end = begin + length;
    }
    return {};
}

// -----------------------------------------------------------------------------------------------------------
// the session

/// What a piece is apart from its bytes.
struct How {
    std::uint64_t cut = 0;
    std::optional<std::uint32_t> sequence = {};
    bool same_packet = false;
    std::int64_t time = 0;
};

/// A connection and all that it was fed and told.
class Session {
  public:
    explicit Session(const Negotiated& negotiated = plain(), Limits limits = {}) : connection_(negotiated, limits) {}

    const Facts& feed(Direction direction, std::string_view bytes, const How& how = {}) {
        buffers_.emplace_back(bytes.begin(), bytes.end());
        StreamData piece{direction, buffers_.back(), how.cut, how.sequence, packet_, 0, how.time};
        if (how.same_packet)
            piece.ordinal = ++ordinal_;
        else
            piece.packet = ++packet_, piece.ordinal = ordinal_ = 0;
        pieces_.push_back(piece);
        facts_.push_back(connection_.feed(piece, true, arena_));
        if (problem_.empty())
            problem_ = disorder(facts_.back(), piece.bytes);
        return facts_.back();
    }
    Facts again(std::size_t i) { return connection_.again(pieces_[i], arena_); }

    /// What one direction brought, in order.
    std::vector<const Frame*> frames(Direction direction) const {
        std::vector<const Frame*> out;
        for (std::size_t i = 0; i < pieces_.size(); ++i)
            if (pieces_[i].direction == direction)
                for (const auto* frame : frames_of(facts_[i]))
                    out.push_back(frame);
        return out;
    }
    std::vector<const Message*> messages(Direction direction) const {
        std::vector<const Message*> out;
        for (const auto* frame : frames(direction))
            if (frame->completes)
                out.push_back(frame->completes);
        return out;
    }
    /// Each message's data, or `<reason>` where it has none.
    std::vector<std::string> texts(Direction direction) const {
        std::vector<std::string> out;
        for (const auto* m : messages(direction))
            out.push_back(m->undecoded == Undecoded::no ? str(m->data) : "<"s + undecoded_name(m->undecoded) + ">");
        return out;
    }
    /// Each frame's rules, by name.
    std::vector<std::string> violations(Direction direction) const {
        std::vector<std::string> out;
        for (const auto* frame : frames(direction))
            out.push_back(names(frame->violations));
        return out;
    }
    std::string stable_facts() const {
        std::string out;
        for (const auto direction : both_directions) {
            out += direction == client ? "client\n" : "server\n";
            for (const auto* frame : frames(direction))
                out += render(*frame, Detail::stable);
        }
        return out;
    }
    /// Empty, or the first facts of a later visit that are not those of the first: forwards, backwards and in
    /// random order.
    std::string difference_when_visited_again(unsigned seed = 1) {
        std::vector<std::size_t> order(pieces_.size());
        for (std::size_t i = 0; i < order.size(); ++i)
            order[i] = i;
        const auto visit = [&] {
            for (const auto i : order) {
                const auto first = render(facts_[i], Detail::all);
                const auto later = render(again(i), Detail::all);
                if (first != later)
                    return "piece " + std::to_string(i) + ", first:\n" + first + "again:\n" + later;
            }
            return std::string();
        };
        auto out = visit();
        std::reverse(order.begin(), order.end());
        if (out.empty())
            out = visit();
        std::shuffle(order.begin(), order.end(), std::mt19937(seed));
        return out.empty() ? visit() : out;
    }
    const ConnectionDecoder& connection() const { return connection_; }
    const std::string& problem() const { return problem_; }
    const std::deque<Facts>& facts() const { return facts_; }
    std::size_t memory() const { return arena_.used(); }

  private:
    TestArena arena_;
    ConnectionDecoder connection_;
    std::deque<std::vector<std::uint8_t>> buffers_;
    std::deque<StreamData> pieces_;
    std::deque<Facts> facts_;
    std::string problem_;
    std::uint32_t packet_ = 0;
    std::uint32_t ordinal_ = 0;
};

/// What one side sends before the other speaks again.
struct Sent {
    Direction direction;
    std::string bytes;
};
using Talk = std::vector<Sent>;

/// Plays `talk`; `cut_after(i)` tells whether a piece ends after its byte i, counted over all of it.
template <class CutAfter>
void play(Session& session, const Talk& talk, CutAfter cut_after) {
    std::size_t at = 0;
    for (const auto& [direction, bytes] : talk) {
        std::size_t begin = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i)
            if (const bool cut = cut_after(at++); cut || i + 1 == bytes.size()) {
                session.feed(direction, std::string_view(bytes).substr(begin, i + 1 - begin));
                begin = i + 1;
            }
    }
}

inline bool nowhere(std::size_t) {
    return false;
}
inline bool everywhere(std::size_t) {
    return true;
}

/// Empty, or how the facts of `talk` depend on how its bytes were split into pieces, or on the order of later
/// visits.
inline std::string difference_when_split(const Talk& talk, const Negotiated& negotiated = plain(), Limits limits = {}) {
    std::size_t size = 0;
    for (const auto& sent : talk)
        size += sent.bytes.size();

    Session whole(negotiated, limits);
    play(whole, talk, nowhere);
    const auto expected = whole.stable_facts();
    if (auto out = whole.problem() + whole.difference_when_visited_again(); !out.empty())
        return "whole: " + out;

    const auto differs = [&](const std::string& how, auto cut_after) -> std::string {
        Session split(negotiated, limits);
        play(split, talk, cut_after);
        if (const auto facts = split.stable_facts(); facts != expected)
            return how + ", whole:\n" + expected + "split:\n" + facts;
        auto out = split.problem() + split.difference_when_visited_again();
        return out.empty() ? out : how + ": " + out;
    };
    std::mt19937 random(static_cast<unsigned>(size));
    std::string out;
    if (size <= 3000)
        out = differs("byte by byte", everywhere);
    // Every split in two; of a long talk a random selection.
    for (std::size_t at = 0; out.empty() && at + 1 < size; at += size <= 600 ? 1 : 1 + random() % (size / 100))
        out = differs("split after byte " + std::to_string(at), [&](std::size_t i) { return i == at; });
    for (unsigned round = 0; out.empty() && round < 20; ++round) {
        const auto each = 2 + random() % (2 + size / (1 + round));
        out = differs("random split", [&](std::size_t) { return random() % each == 0; });
    }
    return out;
}

} // namespace ws::test
