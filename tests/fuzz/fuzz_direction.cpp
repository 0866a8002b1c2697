// SPDX-License-Identifier: GPL-2.0-or-later
// A connection that is fed whatever the fuzzer likes. It must tell the same however the bytes are split, and
// whenever it is asked again.
#include "fuzz.hpp"
#include "support.hpp"

namespace ws::fuzz {
namespace {

using namespace ws::test;

void demand_empty(const std::string& difference) {
    if (!difference.empty())
        fail(difference);
}

Negotiated any_negotiation(Input& input) {
    Negotiated n;
    constexpr Negotiated::Compression compressions[] = {
        Negotiated::Compression::none, Negotiated::Compression::permessage_deflate, Negotiated::Compression::deflate_frame};
    n.known = input.below(8) != 0;
    n.compression = input.one_of(compressions);
    n.unknown_extension = input.below(8) == 7;
    for (const auto i : {0, 1}) {
        n.no_context_takeover[i] = input.flag();
        n.window_bits[i] = static_cast<std::uint8_t>(15 - input.below(8));
    }
    return n;
}

/// Frames that are mostly right, some with a payload that inflates; the fuzzer would not find a stream of
/// these by itself.
std::string any_frames(Input& input, Direction direction) {
    Deflater deflater;
    std::string out;
    for (auto count = 1 + input.below(8); count-- > 0 && input.left();) {
        const auto bits = input.number();
        WireFrame frame{.fin = (bits & 128) != 0, .rsv1 = (bits & 64) != 0, .rsv3 = (bits & 63) == 63, .opcode = bits & 15U};
        frame.payload = input.text().substr(0, 300);
        if (frame.rsv1 && (bits & 32)) {
            if (bits & 16)
                deflater.forget();
            frame.payload = deflater.message(frame.payload);
        }
        const auto odd = input.number();
        if (odd == 1)
            frame.length = input.number<std::uint64_t>(), frame.length_size = 8;
        else if (odd < 4)
            frame.length_size = odd == 2 ? 2 : 8;
        out += wire(odd == 5 ? opposite(direction) : direction, frame);
    }
    return out;
}

Talk any_talk(Input& input) {
    Talk talk;
    for (auto count = 1 + input.below(6); count-- > 0 && input.left();) {
        const auto direction = input.flag() ? client : server;
        talk.push_back({direction, input.flag() ? any_frames(input, direction) : input.text()});
    }
    return talk;
}

constexpr Limits limits{2000};

/// Was a length too long to believe? Whether frames follow is then judged by how many segments look so.
bool doubts_a_length(const Session& session) {
    for (const auto direction : both_directions)
        for (const auto* frame : session.frames(direction))
            if (frame->undecoded != Undecoded::no)
                return true;
    return false;
}

void split_anyhow(const Talk& talk, const Negotiated& negotiated, unsigned seed) {
    Session whole(negotiated, limits), split(negotiated, limits);
    play(whole, talk, nowhere);
    std::mt19937 random(seed);
    const auto each = 1 + seed % 50;
    play(split, talk, [&](std::size_t) { return random() % each == 0; });
    demand_empty(whole.problem() + split.problem());
    demand_empty(whole.difference_when_visited_again(seed));
    demand_empty(split.difference_when_visited_again(seed));
    // Without the handshake, where the frames begin is judged by what there is of them in one piece.
    if (negotiated.known && !doubts_a_length(whole) && whole.stable_facts() != split.stable_facts())
        demand_empty("whole:\n" + whole.stable_facts() + "split:\n" + split.stable_facts());
}

/// Lost, cut, repeated and overlapping pieces: only later visits can be compared.
void with_gaps(const Talk& talk, const Negotiated& negotiated, unsigned seed) {
    Session session(negotiated, limits);
    std::mt19937 random(seed);
    std::size_t at[2] = {0, 0};
    for (const auto& [direction, bytes] : talk) {
        auto& base = at[static_cast<std::size_t>(direction)];
        for (std::size_t begin = 0; begin < bytes.size();) {
            const std::size_t size = 1 + random() % (bytes.size() - begin);
            const std::size_t kept = random() % 4 ? size : random() % size;
            if (random() % 6)
                session.feed(direction, std::string_view(bytes).substr(begin, kept),
                             {.cut = size - kept, .sequence = static_cast<std::uint32_t>(base + begin)});
            begin += size;
            if (random() % 8 == 0)
                begin -= random() % size;
        }
        base += bytes.size();
        if (random() % 16 == 0)
            base += random() % 0x7fffffff;
    }
    demand_empty(session.problem());
    demand_empty(session.difference_when_visited_again(seed));
}

} // namespace

void run(Input& input) {
    const auto negotiated = any_negotiation(input);
    const auto seed = input.number<std::uint16_t>();
    const auto talk = any_talk(input);
    split_anyhow(talk, negotiated, seed);
    with_gaps(talk, negotiated, seed);
}

} // namespace ws::fuzz
