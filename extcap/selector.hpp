// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "defragmenter.hpp"
#include "stream_watch.hpp"
#include "waiting.hpp"

#include <list>
#include <unordered_map>

namespace wscap {

/// Bytes that undecided packets may take, and how much is remembered of what is kept.
struct Limits {
    std::size_t connection = 64 << 10; ///< Of one connection.
    std::size_t total = 55 << 20;      ///< In all, with what is known of each undecided connection.
    std::size_t fragments = 1 << 20;   ///< IP fragments of datagrams not yet whole.
    std::size_t kept = 1000000;        ///< Kept connections, not bytes, whose end was not seen.
};

struct Counters {
    std::uint64_t packets = 0;
    std::uint64_t connections = 0;      ///< TCP connections seen from their start or from an upgrade on.
    std::uint64_t kept_connections = 0; ///< WebSocket, and with Criteria::tls also TLS.
    std::uint64_t kept_tls = 0;         ///< Of these, TLS.
    std::uint64_t incomplete = 0;       ///< Of these, without packets that the limit per connection let go.
    std::uint64_t forgotten = 0;        ///< Undecided connections let go for the limit in all.
    std::uint64_t endless = 0;          ///< Kept connections let go for the limit of their number, the longest silent first.
};

/// Receives what is kept.
class Sink {
  public:
    virtual ~Sink() = default;

    /// The packets of one connection come in order. Spans are valid during the call only.
    virtual void keep(const Packet& packet, std::uint32_t connection) = 0;

    /// A TLS connection is about to be kept.
    virtual void keep_secrets(const ClientRandom&) {}

    /// The secrets of this TLS connection are known.
    virtual bool has_secrets(const ClientRandom&) { return true; }
};

/// Tells the packets of WebSocket connections from all others. The packets of a connection wait here until
/// its first bytes decide; then they and all later ones go to the sink, or are forgotten. No input makes it
/// fail.
class Selector {
  public:
    Selector(Criteria criteria, const Limits& limits, Sink& sink);
    ~Selector();

    void packet(const Packet& packet, std::uint16_t link_type);

    /// The capture is over: whatever is undecided stays out.
    void finish();

    /// No packet that comes out later has a smaller Packet::order.
    std::uint64_t oldest_waiting() const;

    const Counters& counters() const { return counters_; }

    /// Bytes of undecided packets and connections.
    std::size_t memory() const { return memory_; }

  private:
    struct Connection;
    using Map = std::unordered_map<FlowKey, Connection, SeededHash>;
    using Node = std::pair<const FlowKey, Connection>;

    /// Connections in the order they came.
    struct Queue {
        Node *first = nullptr, *last = nullptr;
        void push(Node& node);
        void remove(Node& node);
    };

    void segment(const Segment& segment, const Packet* packets, std::size_t count);
    void keep_all(const Segment& segment, const Packet* packets, std::size_t count);
    Node* find_or_begin(const Segment& segment);
    Verdict decide(Connection& connection, const Segment& segment);
    static Verdict recognise(Connection& connection, const Segment& segment);
    Verdict deliver(Connection& connection, const Waiting::Entry& entry);
    Verdict decide_tls(const Connection& connection);
    void forget_tls(Connection& connection);
    Verdict deliver_waiting(Connection& connection, int direction);
    bool may_wait(Connection& connection, Verdict verdict);
    void wait(Connection& connection, const Segment& segment, const Packet* packets, std::size_t count);
    static void keep_beginning(Connection& connection);
    void settle(Node& node, Verdict verdict);
    void track_close(Node& node, const Segment& segment);
    static void move(Node& node, Queue& to);
    static Node* oldest(Node* one, Node* other);
    void erase(Node& node);
    void account(Connection& connection);
    void forget_closed();

    Criteria criteria_;
    Limits limits_;
    Sink& sink_;
    Counters counters_;
    Defragmenter defragmenter_;
    Map connections_;
    Queue kept_;      ///< The one that was silent longest first.
    Queue undecided_; ///< With packets waiting, the oldest first.
    Queue quiet_;     ///< Undecided without any.
    Queue unlikely_; ///< With Criteria::midstream only: rejected ones, and those that ran already and do not look like WebSocket.
    std::list<std::pair<std::uint64_t, FlowKey>> closed_;     ///< Kept ones, with the count of packets then.
    std::unordered_map<const Connection*, ClientRandom> tls_; ///< Of undecided ones.
    std::size_t memory_ = 0, kept_count_ = 0;
    std::uint32_t next_id_ = 0;
};

} // namespace wscap
