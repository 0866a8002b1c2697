// SPDX-License-Identifier: GPL-2.0-or-later
// The search for a frame boundary while bytes come in, and the look for a head of HTTP behind frames.
#include "frame_boundary.hpp"
#include "fuzz.hpp"
#include "head_start.hpp"

namespace ws::fuzz {
namespace {

BoundaryHints any_hints(Input& input) {
    const auto bits = input.number();
    BoundaryHints hints{.masked = (bits & 1) != 0, .negotiated = {}};
    hints.negotiated.known = bits & 2;
    if (bits & 4)
        hints.negotiated.compression = Negotiated::Compression::permessage_deflate;
    hints.negotiated.unknown_extension = bits & 8;
    hints.foreign = bits & 16;
    hints.aligned = bits & 32;
    hints.in_frame = bits & 64;
    hints.answered = bits & 128;
    return hints;
}

void search(std::string_view text, const BoundaryHints& hints, Cutter cutter) {
    BoundarySearch search;
    TrialInflation trial;
    std::size_t size = 0;
    cutter.each(text, [&](std::string_view piece) {
        size += piece.size();
        const auto bytes = exactly(text.substr(0, size));
        const auto at = search.next(bytes, hints, trial);
        demand(at <= size, "a boundary beyond the bytes");
        FrameHeader header;
        if (at < size && parse_frame_header(Bytes(bytes).subspan(at), header))
            demand(plausible(header, hints), "a boundary before what is no header");
        return at == size;
    });
}

void follow_all(Bytes bytes, const BoundaryHints& hints) {
    TrialInflation trial;
    Chain whole, steps;
    follow(whole, bytes, hints, trial);
    demand(!whole.exact || whole.end == bytes.size(), "exact");
    for (std::uint32_t headers = 0;; headers = steps.headers) {
        follow(steps, bytes, hints, trial, 1);
        demand(steps.headers <= headers + 1, "one header more");
        if (!steps.fits || steps.headers == headers || steps.end >= bytes.size())
            break;
    }
    demand(whole.fits == steps.fits && whole.headers == steps.headers && whole.end == steps.end && whole.bits == steps.bits,
           "step by step");
}

} // namespace

void run(Input& input) {
    const auto hints = any_hints(input);
    const auto how = input.number();
    const auto boundary = input.below(100);
    const auto bytes = exactly(input.rest());
    follow_all(bytes, hints);
    for (const unsigned cut : {0U, 1U, 2U + how})
        search(as_text(bytes), hints, Cutter(cut));
    const auto head_end = find_head_end(as_text(bytes));
    demand(head_end <= bytes.size() && (head_end == 0 || bytes[head_end - 1] == '\n'), "the end of a head");
    for (const std::string_view start : {"HTTP/1.", "CONNECT "})
        if (const auto found = find_head_start(bytes, boundary, start)) {
            demand(found->offset >= boundary && found->offset < bytes.size(), "a head beyond the bytes");
            demand(start.starts_with(as_text(bytes).substr(found->offset, start.size())), "a head that is none");
        }
}

} // namespace ws::fuzz
