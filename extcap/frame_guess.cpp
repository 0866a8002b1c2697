// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame_guess.hpp"

#include "big_endian.hpp"

namespace wscap {
namespace {

enum class Fit : std::uint8_t { none, masked, unmasked };

/// Do frames (RFC 6455 5.2) fill these `length` bytes exactly, the first being a whole message or a control
/// frame?
Fit fit(Bytes bytes, std::uint32_t length) {
    std::uint64_t at = 0;
    bool masked = false;
    while (at < length) {
        if (at + 2 > bytes.size())
            return Fit::none;
        const std::uint8_t first = bytes[at], opcode = first & 15;
        const bool control = opcode & 8;
        if ((first & 0x30) || (opcode & 7) > 2 || (control && (first & 0xC0) != 0x80))
            return Fit::none;
        if (at == 0 && (!(first & 0x80) || opcode == 0))
            return Fit::none;
        if (at > 0 && masked != bool(bytes[at + 1] & 0x80))
            return Fit::none;
        masked = bytes[at + 1] & 0x80;
        std::uint64_t payload = bytes[at + 1] & 0x7F, header = 2;
        if (payload >= 126) {
            const bool wide = payload == 127;
            header += wide ? 8 : 2;
            if (control || at + header > bytes.size())
                return Fit::none;
            payload = wide ? ws::be32(bytes, at + 6) : ws::be16(bytes, at + 2);
            if ((wide && ws::be32(bytes, at + 2)) || payload < (wide ? 65536u : 126u))
                return Fit::none;
        }
        at += header + (masked ? 4 : 0) + payload;
    }
    return at != length ? Fit::none : masked ? Fit::masked : Fit::unmasked;
}

} // namespace

Verdict FrameGuess::segment(int direction, Bytes payload, std::uint32_t length) noexcept {
    switch (fit(payload, length)) {
    case Fit::none: return ++others_ >= 8 ? Verdict::reject : Verdict::undecided;
    case Fit::masked: ++masked_[direction]; break;
    case Fit::unmasked: ++unmasked_[direction]; break;
    }
    // MQTT and others have packets of the same form as an unmasked frame, so a server's alone must be many,
    // and nothing else between them.
    const bool client = masked_[direction] >= 2 && !unmasked_[direction];
    const bool both = (masked_[0] && unmasked_[1]) || (masked_[1] && unmasked_[0]);
    const bool server = unmasked_[direction] >= 4 && !masked_[direction] && !others_;
    return client || both || server ? Verdict::keep : Verdict::undecided;
}

} // namespace wscap
