// SPDX-License-Identifier: GPL-2.0-or-later
// HTTP/2: frames with any payload tell the same in pieces; any bytes at all, with gaps, do no harm.
#include "fuzz.hpp"
#include "handshake.hpp"
#include "http2.hpp"

namespace ws::fuzz {
namespace {

struct Sent {
    std::size_t side;
    std::string bytes;
};

std::string big_endian(std::size_t value, int bytes) {
    std::string out;
    while (bytes-- > 0)
        out += static_cast<char>(value >> 8 * bytes);
    return out;
}

std::string frame(unsigned type, unsigned flags, std::size_t stream, std::string_view payload) {
    return big_endian(payload.size(), 3) + static_cast<char>(type) + static_cast<char>(flags) + big_endian(stream, 4) +
           std::string(payload);
}

constexpr unsigned data = 0, headers = 1, rst_stream = 3, settings = 4, push_promise = 5, continuation = 9, end_headers = 4;

/// Frames whose lengths and streams are as RFC 9113 6 wants them.
std::string any_frame(Input& input) {
    const auto how = input.number();
    const auto stream = 1 + input.below(4);
    const auto flags = input.number();
    auto payload = input.text();
    switch (how % 6) {
    case 0: return frame(data, flags & 9U, stream, payload);
    case 1: return frame(rst_stream, 0, stream, big_endian(payload.size(), 4));
    case 2: payload.resize(payload.size() / 6 * 6); return frame(settings, 0, 0, payload);
    case 3: {
        const auto half = payload.substr(payload.size() / 2);
        payload.resize(payload.size() / 2);
        return frame(headers, flags & 1U, stream, payload) + frame(continuation, end_headers, stream, half);
    }
    case 4: return frame(push_promise, end_headers, stream, big_endian(2 * stream, 4) + payload);
    default: return frame(headers, (flags & 1U) | end_headers, stream, payload);
    }
}

std::vector<Sent> any_talk(Input& input) {
    std::vector<Sent> talk{{0, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(settings, 0, 0, "")},
                           {1, frame(settings, 0, 0, big_endian(8, 2) + big_endian(1, 4))}};
    while (input.left()) {
        const auto side = input.below(2);
        talk.push_back({side, any_frame(input)});
    }
    return talk;
}

std::string name(Http2Event::Kind kind) {
    constexpr const char* names[] = {"request ", "response ", "data ", "end ", "reset "};
    return names[static_cast<std::size_t>(kind)];
}

void check(const Http2Event& event, std::size_t piece) {
    using Kind = Http2Event::Kind;
    demand(event.offset <= piece && event.length <= piece - event.offset, "an event beyond the bytes");
    if (event.kind != Kind::request && event.kind != Kind::response)
        return;
    TestArena memory;
    const auto head = read_http2_head(event.head, memory);
    demand(head.is_request == (event.kind == Kind::request), "a request or a response");
    for (const auto& field : head.fields)
        demand(lies_in(field.value, event.head), "a field's value");
    demand(http2_scheme(event.head).size() <= event.head.size(), "the scheme");
    Offer offer;
    if (head.is_request)
        read_request(head, true, memory, offer);
    else
        read_response(head, &offer, memory);
}

/// The events with their data, one after the other.
std::string play(const std::vector<Sent>& talk, Cutter cutter, bool gaps) {
    Http2 http2;
    std::string log;
    std::string last_data; ///< Of which stream and side the log ends with data.
    std::minstd_rand random(1);
    for (const auto& [side, bytes] : talk)
        cutter.each(bytes, [&, from = side](std::string_view piece) {
            TestArena memory;
            List<Http2Event> events;
            if (gaps && random() % 8 == 0)
                http2.lose(from);
            const auto exact = exactly(piece);
            http2.feed(from, exact, memory, events);
            for (const auto& event : events) {
                check(event, piece.size());
                const auto of = std::to_string(from) + " stream " + std::to_string(event.stream);
                if (event.kind != Http2Event::Kind::data)
                    log += "\n" + name(event.kind) + of + " " + std::string(event.head);
                else if (last_data != of)
                    log += "\ndata " + of + " ";
                log += piece.substr(event.offset, event.length);
                last_data = event.kind == Http2Event::Kind::data ? of : "";
            }
            return true;
        });
    return log;
}

} // namespace

void run(Input& input) {
    const auto how = input.number();
    if (how % 4) {
        const auto talk = any_talk(input);
        const auto whole = play(talk, Cutter(0), false);
        demand_equal(whole, play(talk, Cutter(1), false), "whole, and byte by byte");
        demand_equal(whole, play(talk, Cutter(how), false), "whole, and in pieces");
        play(talk, Cutter(how), true);
    } else {
        std::vector<Sent> talk;
        while (input.left()) {
            const auto side = input.below(2);
            talk.push_back({side, input.text()});
        }
        play(talk, Cutter(0), false);
        play(talk, Cutter(how), true);
    }
}

} // namespace ws::fuzz
