// SPDX-License-Identifier: GPL-2.0-or-later
// What the messages of one direction leave to later ones: their protocol may have units of its own that span messages, as MQTT's
// do (MQTT 3.1.1, 6).
#pragma once

#include "arena.hpp"

#include <map>
#include <optional>
#include <vector>

namespace ws {

/// How much of a unit is awaited; neither known: each message is worth a try.
struct Awaited {
    std::size_t size = 0;        ///< Its bytes, from its beginning; 0: not known.
    std::string_view until = {}; ///< It does not end before these.
};

class Continuation {
  public:
    /// The first visit, in order: the message, behind what waits for it; nothing where that is too little, and waits too.
    /// `keep`: again() and goes_on_in() may be asked later.
    std::optional<Bytes> next(Bytes message, std::uint32_t number, std::uint32_t packet, bool keep, const Arena& arena);
    /// A unit begins at `from` of what next() gave, and goes on with the next message.
    void leave(Bytes data, std::size_t from, const Awaited& awaited);
    /// The next message is not the one that is awaited.
    void forget();
    bool waits() const { return waits_; }

    /// What next() gave.
    std::optional<Bytes> again(Bytes message, std::uint32_t number, const Arena& arena) const;
    /// The packet of the message that goes on with the end of this one; 0: none does.
    std::uint32_t goes_on_in(std::uint32_t number) const;

    static constexpr std::size_t longest = std::size_t{16} << 20; ///< Bytes of a unit that is put together.
    static constexpr std::size_t longest_tried = 4096;            ///< It may be tried with each message up to these bytes,
    static constexpr std::uint32_t most_tries = 64;               ///< and so often beyond.

  private:
    struct Piece {
        std::size_t begin = 0, end = 0; ///< It was put behind these of log_.
        bool waits = false;             ///< It was too little.
        std::uint32_t goes_on_in = 0;
    };

    bool completes(Bytes message) const;

    std::vector<std::uint8_t> log_; ///< All that waited if it is kept, else what waits.
    std::size_t from_ = 0;          ///< Of log_: what waits.
    std::size_t joined_ = 0;        ///< So many bytes of what next() gave last waited before.
    std::uint32_t tries_ = 0;       ///< Of a unit of more than longest_tried.
    bool waits_ = false;
    bool keep_ = false;
    std::size_t size_ = 0;
    std::string_view until_;
    std::uint32_t number_ = 0; ///< The last message.
    std::map<std::uint32_t, Piece> pieces_;
};

} // namespace ws
