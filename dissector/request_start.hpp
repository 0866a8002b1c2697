// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "arena.hpp"
#include "sequence_tracker.hpp"

#include <string>

namespace ws {

/// What a client sends, read for a request to upgrade where nobody puts segments together for us. Bytes are kept for as long as
/// they may be the beginning of one, and no longer than such heads are.
class RequestStart {
  public:
    enum class Verdict : std::uint8_t {
        other,
        ordinary,   ///< A request that does not ask for WebSocket.
        incomplete, ///< The beginning of a GET, whose end is still to come.
        upgrade,    ///< The bytes read last complete a request to upgrade; they begin it if nothing was kept() before.
    };

    /// The next bytes. `cut`: so many more were sent and not captured. `sequence`: TCP's number of the first.
    Verdict read(std::string_view bytes, std::uint32_t cut, std::uint32_t sequence, const Arena& arena);

    /// A request that began in earlier calls, as far as it was read.
    std::string_view kept() const { return kept_; }

  private:
    std::string kept_;
    SequenceTracker sequence_; ///< Follows what is kept.
};

} // namespace ws
