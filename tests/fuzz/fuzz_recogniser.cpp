// SPDX-License-Identifier: GPL-2.0-or-later
// A TCP connection of which nothing is known: is it WebSocket?
#include "fuzz.hpp"
#include "recogniser.hpp"

namespace ws::fuzz {
namespace {

void check(const Recogniser::Result& result) {
    demand(result.client < 2, "client");
    for (const unsigned end : {0U, 1U})
        demand(!result.boundary[end] || result.recognised, "a boundary in what is not recognised");
}

std::string render(const Recogniser::Result& result) {
    auto out = std::to_string(result.recognised) + " client " + std::to_string(result.client);
    for (const unsigned end : {0U, 1U})
        out += " boundary " + (result.boundary[end] ? std::to_string(*result.boundary[end]) : "none");
    return out;
}

} // namespace

void run(Input& input) {
    const auto bits = input.number();
    const bool owned = bits & 1, thorough = bits & 2, numbered = bits & 4;
    Recogniser first, mirrored;
    std::uint32_t sequence[2] = {input.number<std::uint32_t>(), input.number<std::uint32_t>()};
    while (input.left()) {
        const auto how = input.number();
        const unsigned end = how & 1;
        const auto bytes = exactly(input.text());
        const std::uint64_t cut = how & 2 ? input.number<std::uint16_t>() : 0;
        if (how & 4)
            sequence[end] += input.number<std::uint16_t>();
        if (how & 8)
            sequence[end] -= input.number();
        Recogniser::Segment segment{end, {}, bytes, cut};
        if (numbered)
            segment.sequence = sequence[end];
        sequence[end] += static_cast<std::uint32_t>(bytes.size() + cut);
        auto result = first.feed(segment, owned, thorough);
        check(result);
        segment.end = 1 - end;
        auto other = mirrored.feed(segment, owned, thorough);
        check(other);
        // Which end is called 0 makes no difference, unless both may be the client.
        if (result.recognised && other.recognised && other.client != result.client) {
            other.client = 1 - other.client;
            std::swap(other.boundary[0], other.boundary[1]);
            demand_equal(render(result), render(other), "with the ends exchanged");
        }
        demand(result.recognised == other.recognised, "recognised, or not with the ends exchanged");
        if (result.recognised)
            return;
        Recogniser::out_of_the_question(bytes);
        Recogniser::has_frames(bytes);
        may_begin_with_frames(bytes);
        demand(!are_frames_of_server(bytes) || bytes.size() >= 2, "frames of less than a header");
    }
}

} // namespace ws::fuzz
