// SPDX-License-Identifier: GPL-2.0-or-later
// What the fuzzers of wscap's readers share.
#pragma once

#include "fuzz.hpp"
#include "reader.hpp"

#include <cstring>

namespace ws::fuzz {

/// All that a reader tells of a capture.
struct Account {
    std::string packets; ///< In words.
    std::size_t count = 0;
    wscap::ReadResult end = wscap::ReadResult::wait;
    std::string secrets;
    std::vector<wscap::Interface> interfaces;
};

/// Bytes of `text` as they come: in pieces, with "nothing there yet" between them unless it is whole.
inline wscap::ReadBytes arriving(std::string_view text, unsigned cut) {
    return [text, cutter = Cutter(cut), pauses = cut != 0, pause = false](void* to, std::size_t room) mutable -> std::ptrdiff_t {
        pause = pauses && !pause;
        if (pause)
            return -2;
        const auto size = std::min(room, cutter.next(text.size()));
        std::memcpy(to, text.data(), size);
        text.remove_prefix(size);
        return static_cast<std::ptrdiff_t>(size);
    };
}

using Open = std::unique_ptr<wscap::Reader>(std::unique_ptr<wscap::ByteSource>, std::vector<wscap::Interface>&);

inline Account read_all(Open open, std::string_view capture, unsigned cut) {
    Account out;
    const auto reader = open(wscap::buffered_source(arriving(capture, cut)), out.interfaces);
    wscap::Packet packet;
    while ((out.end = reader->next(packet)) == wscap::ReadResult::packet || out.end == wscap::ReadResult::wait) {
        out.secrets += reader->take_secrets();
        if (out.end == wscap::ReadResult::wait)
            continue;
        demand(packet.order == out.count++ && packet.interface < out.interfaces.size(), "a packet's place");
        out.packets += std::to_string(packet.interface) + " " + std::to_string(packet.timestamp) + " " +
                       std::to_string(packet.length) + " " + std::string(as_text(packet.data)) + " " +
                       std::string(as_text(packet.options)) + "\n";
        demand(out.packets.size() <= 100 * (capture.size() + 1), "more packets than bytes");
    }
    out.secrets += reader->take_secrets();
    demand((out.end == wscap::ReadResult::failed) == !reader->problem().empty(), "a problem, or none");
    out.packets += reader->problem();
    return out;
}

/// Reads it whole and in pieces, with the same account.
inline Account read_anyhow(Open open, std::string_view capture, unsigned how) {
    auto whole = read_all(open, capture, 0);
    for (const unsigned cut : {1U, 2U + how}) {
        const auto pieces = read_all(open, capture, cut);
        demand_equal(whole.packets, pieces.packets, "whole, and in pieces");
        demand(whole.end == pieces.end && whole.secrets == pieces.secrets, "the end and the secrets in pieces");
    }
    return whole;
}

} // namespace ws::fuzz
