// SPDX-License-Identifier: GPL-2.0-or-later
// The messages of one connection, as its subprotocol has them: which one it is, and what its messages have to do with each other.
#pragma once

#include "exchanges.hpp"

namespace ws {

class SubprotocolReader {
  public:
    /// `known`: the subprotocol; null: to be found by what the messages say, where two agree, or one and the URL, whose
    /// convention is that of `hint`; null: nobody's.
    explicit SubprotocolReader(const Subprotocol* known, const Subprotocol* hint = nullptr) : known_(known), hint_(hint) {}

    /// The next message. Its records; none where it is not, or not yet known to be, of the subprotocol. `keep`: again() may come.
    std::span<const Record> read(const Reading& reading, const Arrival& arrival, bool keep) noexcept;
    /// A message that was read before.
    std::span<const Record> again(const Reading& reading, const Arrival& arrival) const noexcept;

    const Subprotocol* known() const { return known_; }
    /// It is not known, and not looked for any more.
    bool gave_up() const { return !known_ && looked_at_ >= most_looked_at; }

    static constexpr std::uint32_t most_looked_at = 16; ///< Messages.

  private:
    void look(const Reading& reading, const Arrival& arrival, bool keep);
    bool settles(const Subprotocol& one, Records& records, const Arrival& arrival) const;
    /// What known_ says of the data; where that is nothing, the message is only a part of what goes on.
    void read_records(const Reading& reading, std::optional<Bytes> data, Records& records) const;

    const Subprotocol* known_;
    const Subprotocol* hint_;
    const Subprotocol* candidate_ = nullptr; ///< The last message was clearly of this one.
    bool found_ = false;                     ///< By what messages said: one that says nothing of the kind is somebody else's.
    std::uint32_t looked_at_ = 0;
    Exchanges exchanges_;
    Continuation rest_[2]; ///< By direction.
};

} // namespace ws
