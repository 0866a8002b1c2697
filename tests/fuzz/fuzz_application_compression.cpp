// SPDX-License-Identifier: GPL-2.0-or-later
// Payloads that an application may have compressed: alone, and as a stream over messages.
#include "application_compression.hpp"
#include "fuzz.hpp"

namespace ws::fuzz {

void run(Input& input) {
    constexpr std::size_t limit = std::size_t{1} << 20;
    std::vector<std::vector<std::uint8_t>> payloads;
    while (input.left() && payloads.size() < 32)
        payloads.push_back(exactly(input.text()));
    ApplicationStream stream(1, limit);
    std::vector<std::string> first;
    TestArena memory;
    std::uint32_t message = 0;
    for (const auto& payload : payloads) {
        const auto opened = decompress_application(payload, limit, memory);
        demand(opened.data.size() <= std::min(limit, payload.size() * 1100), "no more than the limit");
        const auto part = stream.next(payload, ++message, true, memory);
        demand(part.data.size() <= limit, "no more than the limit in a stream");
        // What a stream begins with is the same alone.
        if (message == 1 && opened.goes_on)
            demand_equal(std::string(as_text(opened.data)), std::string(as_text(part.data)), "the first message of a stream");
        first.emplace_back(as_text(part.data));
    }
    for (; message > 0; --message) // in the other order, as somebody clicks
        demand_equal(first[message - 1], std::string(as_text(stream.again(payloads[message - 1], message, memory).data)),
                     "a later visit says the same");
}

} // namespace ws::fuzz
