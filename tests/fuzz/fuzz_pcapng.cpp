// SPDX-License-Identifier: GPL-2.0-or-later
// pcapng: however it arrives; and what is read can be written and read again.
#include "pcapng.hpp"
#include "reading.hpp"

namespace ws::fuzz {
namespace {

/// As wscap passes it on.
std::string rewritten(std::string_view capture) {
    std::vector<wscap::Interface> interfaces;
    const auto reader = wscap::read_pcapng(wscap::buffered_source(arriving(capture, 0)), interfaces);
    std::string out;
    wscap::pcapng::section(out, "test");
    std::size_t written = 0;
    for (wscap::Packet packet; reader->next(packet) == wscap::ReadResult::packet;) {
        for (; written < interfaces.size(); ++written)
            wscap::pcapng::interface(out, interfaces[written]);
        wscap::pcapng::packet(out, packet);
    }
    for (; written < interfaces.size(); ++written)
        wscap::pcapng::interface(out, interfaces[written]);
    return out;
}

} // namespace

void run(Input& input) {
    const auto how = input.number();
    const auto capture = input.rest();
    const auto told = read_anyhow(wscap::read_pcapng, capture, how);
    const auto again = read_all(wscap::read_pcapng, rewritten(capture), 0);
    demand(again.end == wscap::ReadResult::end && again.count == told.count, "read again");
    demand(told.packets.starts_with(again.packets), "other packets when read again");
    demand(again.interfaces.size() == told.interfaces.size(), "interfaces when read again");
    for (std::size_t i = 0; i < told.interfaces.size(); ++i)
        demand(again.interfaces[i].ticks == told.interfaces[i].ticks && again.interfaces[i].options == told.interfaces[i].options,
               "an interface read again");
}

} // namespace ws::fuzz
