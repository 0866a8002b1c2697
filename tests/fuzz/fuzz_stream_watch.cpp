// SPDX-License-Identifier: GPL-2.0-or-later
// One direction of a TCP connection, from its first byte: the verdict does not depend on the segments.
#include "fuzz.hpp"
#include "stream_watch.hpp"

namespace ws::fuzz {
namespace {

using wscap::StreamWatch;
using wscap::Verdict;

Verdict watch(std::string_view text, const wscap::Criteria& criteria, Cutter cutter, bool loses) {
    StreamWatch stream;
    stream.begin();
    auto verdict = Verdict::undecided;
    std::minstd_rand random(1);
    cutter.each(text, [&](std::string_view piece) {
        wscap::Evidence evidence;
        if (loses && random() % 8 == 0)
            stream.lost();
        const auto exact = exactly(piece);
        verdict = stream.next(exact, criteria, evidence);
        demand(stream.held() <= 4 * StreamWatch::longest_head + 2 * text.size(), "memory");
        wscap::may_start_upgrade(exact, criteria);
        return verdict == Verdict::undecided;
    });
    return verdict;
}

} // namespace

void run(Input& input) {
    const auto how = input.number();
    wscap::Criteria criteria;
    criteria.tls = how & 1;
    if (how & 2)
        criteria.hosts = {"*example*"};
    if (how & 4)
        criteria.paths = {"/c*t"};
    if (how & 8)
        criteria.sni = {"*.com"};
    // Part of a line is judged with its end.
    const auto text = input.rest() + "\n\n";
    watch(text, criteria, Cutter(0), false);
    const auto bytes = watch(text, criteria, Cutter(1), false);
    demand(watch(text, criteria, Cutter(3), false) == bytes, "bytes, and pieces of three");
    watch(text, criteria, Cutter(2 + how), true);
}

} // namespace ws::fuzz
