// SPDX-License-Identifier: GPL-2.0-or-later
// Messages of permessage-deflate one after the other, against zlib: each by itself, behind the window that came before.
#include "fuzz.hpp"
#include "inflate_history.hpp"

#define ZLIB_CONST
#include <zlib.h>

namespace ws::fuzz {
namespace {

/// One message by zlib alone.
struct Reference {
    bool whole = false;   ///< It ends where a block does.
    bool lacking = false; ///< It refers to bytes before all that is known.
    std::string output;
};

Reference inflate_alone(std::string message, const std::string& before, std::size_t most) {
    Reference out;
    z_stream stream{};
    if (inflateInit2(&stream, -15) != Z_OK)
        fail("no memory");
    const auto begin = [&] {
        inflateReset(&stream);
        const auto all = before + out.output;
        const auto window = all.substr(all.size() - std::min<std::size_t>(all.size(), full_window));
        inflateSetDictionary(&stream, reinterpret_cast<const Bytef*>(window.data()), static_cast<uInt>(window.size()));
    };
    begin();
    const auto size = message.size();
    message.append("\0\0\xff\xff", 4); // RFC 7692 7.2.2
    stream.next_in = reinterpret_cast<const Bytef*>(message.data());
    stream.avail_in = static_cast<uInt>(message.size());
    Bytef buffer[3001];
    while (out.output.size() <= most) {
        stream.next_out = buffer;
        stream.avail_out = sizeof buffer;
        const auto result = inflate(&stream, Z_SYNC_FLUSH);
        out.output.append(reinterpret_cast<const char*>(buffer), sizeof buffer - stream.avail_out);
        const auto left = stream.avail_in;
        if (result == Z_STREAM_END) { // a final block; others may follow it (RFC 7692 7.2.3.4)
            if (left == 0 || left + size == message.size()) {
                out.whole = true;
                break;
            }
            begin();
        } else if (result == Z_DATA_ERROR) {
            out.lacking = stream.msg == std::string("invalid distance too far back");
            break;
        } else if (stream.avail_out != 0) {
            // zlib.h: data_type has 128 behind an end-of-block code, and the number of unused bits
            out.whole = left == 0 && (stream.data_type & 0xbf) == 128;
            break;
        }
    }
    inflateEnd(&stream);
    return out;
}

struct Told {
    Inflated result;
    std::string output;
};

void check_again(InflateHistory& history, const std::vector<std::string>& messages, const std::vector<Told>& told,
                 unsigned seed) {
    std::minstd_rand random(seed);
    ws::InflatedBytes out;
    for (std::size_t i = 0; i < 2 * messages.size(); ++i) {
        const auto which = i < messages.size() ? messages.size() - 1 - i : random() % messages.size();
        const auto exact = exactly(messages[which]);
        demand(history.again(static_cast<std::uint32_t>(which), exact, out) == told[which].result, "another result later");
        demand(as_text(out) == told[which].output, "another output later");
    }
}

} // namespace

void run(Input& input) {
    constexpr std::size_t limits[] = {1 << 20, 1000, 100};
    const auto how = input.number();
    const auto limit = input.one_of(limits);
    const auto bits = static_cast<std::uint8_t>(15 - input.below(8));
    bool complete = how & 1;
    const bool takeover = how & 2;
    InflateHistory history(bits, takeover, limit, complete);
    complete = complete || !takeover;
    std::string before;
    std::vector<std::string> messages;
    std::vector<Told> told;
    while (input.left()) {
        messages.push_back(input.text());
        ws::InflatedBytes out;
        const auto exact = exactly(messages.back());
        const auto result = history.next(exact, true, out);
        told.push_back({result, std::string(as_text(out))});
        const bool gives_output = result == Inflated::ok || result == Inflated::window_exceeded;
        demand(gives_output || out.empty(), "output of what is not inflated");
        demand(result != Inflated::window_exceeded || bits < 15, "a window that cannot be exceeded");
        if (exact.empty()) {
            demand(result == Inflated::ok && out.empty(), "nothing");
            continue;
        }
        const auto expected = inflate_alone(messages.back(), before, 16 * limit);
        if (expected.output.size() > limit && expected.output.size() + 10000 > 16 * limit)
            break; // given up somewhere here
        if (!expected.whole) {
            const auto as = expected.lacking && !complete ? Inflated::no_context : Inflated::failed;
            demand_equal(std::to_string(static_cast<int>(result)), std::to_string(static_cast<int>(as)), "not inflated");
            before.clear();
            complete = !takeover;
            continue;
        }
        if (expected.output.size() > limit)
            demand(result == Inflated::limit, "beyond the limit");
        else
            demand(gives_output && as_text(out) == expected.output, "the output");
        if (!takeover)
            continue;
        before += expected.output;
        complete = complete || before.size() >= full_window;
    }
    if (!messages.empty())
        check_again(history, messages, told, how);
}

} // namespace ws::fuzz
