// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "criteria.hpp"
#include "tls_hello.hpp"

#include <memory>

namespace wscap {

enum class Verdict : std::uint8_t { undecided, keep, reject };

/// What proved a connection worth keeping.
struct Evidence {
    bool tls = false;
    ClientRandom random{}; ///< Of TLS.
};

/// Watches the bytes of one direction of a TCP connection, in order, for a WebSocket upgrade.
/// Walks from HTTP message to HTTP message, so that an upgrade after other requests and inside a CONNECT
/// tunnel is found. Where it lost its way (bytes missing, a body without a known length) it looks only at the
/// start of each segment, where HTTP clients put their requests.
class StreamWatch {
  public:
    /// The stream is seen from its first byte.
    void begin();

    /// Bytes are missing: what comes next has no known relation to what came before.
    void lost();

    /// `bytes` is the rest of one segment.
    Verdict next(Bytes bytes, const Criteria& criteria, Evidence& evidence);

    /// Part of an HTTP head or ClientHello has been seen, the rest not yet.
    bool in_head() const { return partial_ != nullptr; }

    /// Bytes held in memory beside this object.
    std::size_t held() const { return partial_ ? partial_->capacity() : 0; }

    static constexpr std::size_t longest_head = 16384; ///< Bytes; as much as servers take.

  private:
    enum class State : std::uint8_t { seek, start, head, body, chunks, hello, ignore };

    Verdict first_bytes(Bytes& bytes, const Criteria& criteria);
    Verdict http_head(Bytes& bytes, const Criteria& criteria, Evidence& evidence);
    Verdict client_hello(Bytes& bytes, const Criteria& criteria, Evidence& evidence);
    void skip_chunks(Bytes& bytes);
    Bytes joined(Bytes bytes);

    std::unique_ptr<std::string> partial_; ///< A head or ClientHello that came in several segments.
    std::uint64_t body_left_ = 0;          ///< Bytes of a message body still to come.
    State state_ = State::seek;
    bool first_message_ = false; ///< Nothing but this stream's very beginning: no HTTP here means none at all.
    std::uint8_t chunk_end_ = 0; ///< How much of "0\r\n\r\n" the last bytes were.
};

/// A segment that starts like this is worth a look though nothing is known of its connection.
bool may_start_upgrade(Bytes payload, const Criteria& criteria) noexcept;

} // namespace wscap
