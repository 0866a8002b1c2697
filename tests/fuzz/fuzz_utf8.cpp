// SPDX-License-Identifier: GPL-2.0-or-later
// UTF-8, whole and in pieces, against code points put together one by one.
#include "fuzz.hpp"
#include "utf8.hpp"

namespace ws::fuzz {
namespace {

/// Is there a code point of UTF-8's `size` bytes from `low` to `high`? Not a surrogate, and none that needs fewer bytes.
bool any(unsigned size, std::uint32_t low, std::uint32_t high) {
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    low = std::max(low, least[size]);
    high = std::min(high, 0x10ffffU);
    return low <= high && !(low >= 0xd800 && high <= 0xdfff);
}

struct Expected {
    std::size_t good = 0; ///< Bytes before the first that no text can have there.
    bool finished = true;
};

Expected scalar(Bytes bytes) {
    Expected out;
    while (out.good < bytes.size()) {
        const unsigned lead = bytes[out.good];
        const unsigned size = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
        if (!size)
            return out;
        std::uint32_t value = size == 1 ? lead : lead & (0x7fU >> size);
        unsigned left = (size - 1) * 6;
        if (size > 1 && !any(size, value << left, (value << left) + (1U << left) - 1))
            return out;
        out.finished = size == 1;
        ++out.good;
        for (; left > 0; ++out.good) {
            if (out.good == bytes.size())
                return out;
            left -= 6;
            value = value << 6 | (bytes[out.good] & 0x3fU);
            if (bytes[out.good] >> 6 != 2 || !any(size, value << left, (value << left) + (1U << left) - 1))
                return out;
        }
        out.finished = true;
    }
    return out;
}

} // namespace

void run(Input& input) {
    const auto how = input.number();
    const auto bytes = exactly(input.rest());
    const auto expected = scalar(bytes);
    for (const unsigned cut : {0U, 1U, 2U + how}) {
        Utf8Validator validator;
        std::size_t good = 0;
        Cutter(cut).each(as_text(bytes), [&](std::string_view piece) {
            const auto exact = exactly(piece);
            const auto here = validator.feed(exact);
            good += here;
            return here == piece.size();
        });
        demand(good == expected.good, "the first bad byte");
        demand(validator.valid() == (good == bytes.size()), "valid");
        demand(!validator.valid() || validator.at_boundary() == expected.finished, "finished");
    }
}

} // namespace ws::fuzz
