// SPDX-License-Identifier: GPL-2.0-or-later
// From a captured IP packet to the TCP segment in it: nothing is told of bytes that are not there.
#include "fuzz.hpp"
#include "ip_tcp.hpp"
#include "sequence_tracker.hpp"

namespace ws::fuzz {
namespace {

void check_datagram(const Datagram& datagram, Bytes bytes) {
    demand(lies_in(datagram.payload, bytes), "a payload beyond the packet");
    demand(datagram.payload.size() <= datagram.length, "more captured than sent");
    demand(datagram.version == 4 || datagram.version == 6, "the version");
    demand(datagram.fragment || (!datagram.more && datagram.offset == 0), "a fragment, or not");
    if (const auto tcp = parse_tcp(datagram)) {
        demand(!datagram.fragment && datagram.protocol == protocol_tcp, "TCP in something else");
        demand(lies_in(tcp->payload, datagram.payload), "a payload beyond the datagram");
        demand(tcp->payload.size() <= tcp->length && tcp->length + 20 <= datagram.length, "the segment's length");
    }
}

/// Against a tracker that counts in 64 bits; steps are less than 2^31.
void check_tracker(Input& input) {
    SequenceTracker tracker;
    std::uint64_t next = 0;
    bool begun = false;
    for (auto at = std::uint64_t{1} << 40 | input.number<std::uint32_t>(); input.left();) {
        const std::uint32_t length = input.number<std::uint16_t>();
        const auto told = tracker.advance(static_cast<std::uint32_t>(at), length);
        const auto lost = begun && at > next ? at - next : 0;
        const auto repeated = begun && at < next ? std::min<std::uint64_t>(next - at, length) : 0;
        demand(told.lost == lost, "lost");
        demand(told.repeated == repeated, "repeated");
        next = begun ? std::max(next, at + length) : at + length;
        begun = true;
        demand(tracker.next() == static_cast<std::uint32_t>(next), "the next byte");
        at = next + input.number<std::uint16_t>() - 0x4000;
    }
}

} // namespace

void run(Input& input) {
    const auto cut = input.number<std::uint32_t>();
    const auto bytes = exactly(input.text());
    if (const auto datagram = parse_datagram(bytes, cut))
        check_datagram(*datagram, bytes);
    check_tracker(input);
}

} // namespace ws::fuzz
