// SPDX-License-Identifier: GPL-2.0-or-later
#include "selector.hpp"

#include "link.hpp"
#include "recogniser.hpp"
#include "sequence_tracker.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace wscap {
namespace {

// A closed connection is remembered for its last retransmissions.
constexpr std::uint64_t linger_packets = 1000000;
constexpr std::size_t most_closed = 65536;

// Segments after a hole, until the hole is taken for bytes that the capture does not have.
constexpr std::uint8_t patience = 64;

} // namespace

/// Kept small: there may be a hundred thousand.
struct Selector::Connection {
    struct Running {
        std::unique_ptr<ws::Recogniser> recogniser; ///< Null where what was sent last cannot be frames.
        std::uint16_t searched[2] = {};             ///< Segments of each side; the largest number if more.
    };
    enum class State : std::uint8_t { undecided, kept, rejected };

    struct Side {
        [[no_unique_address]] StreamWatch watch; ///< The rest fits into its padding.
        std::uint32_t next = 0;                  ///< Sequence number of the next byte in order, once known.
        std::uint32_t first = 0;                 ///< Sequence number of the SYN.
        std::uint8_t early = 0;                  ///< Segments that came after a hole.
        bool has_next = false, has_syn = false, has_fin = false;

        void expect(std::uint32_t sequence) {
            next = sequence;
            has_next = true;
        }

        /// Made anew each time: a tracker's count of missing bytes would take 16 bytes more of each connection.
        ws::SequenceTracker sequence() const {
            ws::SequenceTracker tracker;
            tracker.expect(has_next ? std::optional(next) : std::nullopt);
            return tracker;
        }
    };

    Waiting waiting;
    Side sides[2];
    Queue* queue = nullptr;
    Node *before = nullptr, *after = nullptr; ///< In the queue.
    std::size_t accounted = 0;                ///< Bytes counted into memory_.
    std::unique_ptr<Running> running;         ///< It ran already; only its frames can tell.
    std::uint32_t begun = 0;                  ///< How many connections there were before it; wraps.
    std::uint32_t id = 0;
    State state = State::undecided;
    bool dormant = false; ///< Its packets were too many: only those of a request wait.
    bool asked = false;   ///< The last packet was part of a request.
    bool closed = false;
    bool awaits_secrets = false; ///< Of tls_: undecided until they are known.
};

void Selector::Queue::push(Node& node) {
    node.second.before = last;
    node.second.after = nullptr;
    (last ? last->second.after : first) = &node;
    last = &node;
}

void Selector::Queue::remove(Node& node) {
    Node* const before = node.second.before;
    Node* const after = node.second.after;
    (before ? before->second.after : first) = after;
    (after ? after->second.before : last) = before;
}

Selector::Selector(Criteria criteria, const Limits& limits, Sink& sink)
    : criteria_(std::move(criteria)), limits_(limits), sink_(sink),
      defragmenter_(limits.fragments, [this](const Datagram& datagram, const std::vector<Packet>& packets) {
          if (const auto found = parse_segment(datagram))
              segment(*found, packets.data(), packets.size());
          else if (criteria_.all)
              for (const Packet& packet : packets)
                  sink_.keep(packet, 0);
      }) {}

Selector::~Selector() = default;

void Selector::packet(const Packet& packet, std::uint16_t link_type) {
    ++counters_.packets;
    const auto cut = packet.length - std::min<std::size_t>(packet.length, packet.data.size());
    const auto datagram = ws::parse_datagram(ip_datagram(link_type, packet.data), static_cast<std::uint32_t>(cut));
    if (datagram && datagram->fragment && datagram->protocol == ws::protocol_tcp)
        defragmenter_.add(*datagram, packet);
    else if (const auto found = datagram ? parse_segment(*datagram) : std::nullopt)
        segment(*found, &packet, 1);
    else if (criteria_.all)
        sink_.keep(packet, 0);
}

void Selector::segment(const Segment& segment, const Packet* packets, std::size_t count) {
    if (criteria_.all)
        return keep_all(segment, packets, count);
    Node* node = find_or_begin(segment);
    if (!node)
        return;
    Connection& connection = node->second;
    if (connection.state == Connection::State::undecided) {
        const Verdict verdict = decide(connection, segment);
        if (verdict == Verdict::reject)
            return settle(*node, verdict);
        if (may_wait(connection, verdict))
            wait(connection, segment, packets, count);
        account(connection);
        if (verdict == Verdict::keep)
            settle(*node, verdict);
        else
            move(*node, !connection.waiting.empty() ? undecided_ : connection.running ? unlikely_ : quiet_);
    } else if (connection.state == Connection::State::kept) {
        for (std::size_t i = 0; i < count; ++i)
            sink_.keep(packets[i], connection.id);
        kept_.remove(*node);
        kept_.push(*node);
    }
    track_close(*node, segment);
    while (memory_ > limits_.total) {
        Node* const least = unlikely_.first ? unlikely_.first : oldest(quiet_.first, undecided_.first);
        if (!least)
            return;
        counters_.forgotten += !unlikely_.first;
        erase(*least);
    }
}

Selector::Node* Selector::oldest(Node* one, Node* other) {
    if (!one || !other)
        return one ? one : other;
    return static_cast<std::int32_t>(other->second.begun - one->second.begun) > 0 ? one : other;
}

/// Nothing to decide; the number only keeps a connection's packets together.
void Selector::keep_all(const Segment& segment, const Packet* packets, std::size_t count) {
    const auto number = static_cast<std::uint32_t>(SeededHash{1}(segment.key)) % 65535 + 1;
    for (std::size_t i = 0; i < count; ++i)
        sink_.keep(packets[i], number);
}

Selector::Node* Selector::find_or_begin(const Segment& segment) {
    const bool has_syn = segment.flags & TcpFlag::syn;
    auto found = connections_.find(segment.key);
    if (found != connections_.end() && has_syn) {
        const auto& side = found->second.sides[segment.direction];
        const bool joined_late = !(segment.flags & TcpFlag::ack) && side.has_next;
        // The same ports again, for a new connection.
        if (side.has_syn ? side.first != segment.sequence : found->second.closed || joined_late) {
            erase(*found);
            found = connections_.end();
        }
    }
    if (found != connections_.end())
        return &*found;

    const bool guess = criteria_.midstream && segment.length > 1 && !has_syn;
    const bool upgrade = !has_syn && may_start_upgrade(segment.payload, criteria_);
    if (!has_syn && !upgrade && !guess)
        return nullptr;
    Node& node = *connections_.try_emplace(segment.key).first;
    if (guess && !upgrade)
        node.second.running = std::make_unique<Connection::Running>();
    move(node, quiet_);
    node.second.begun = static_cast<std::uint32_t>(counters_.connections++);
    return &node;
}

Verdict Selector::decide(Connection& connection, const Segment& segment) {
    auto& side = connection.sides[segment.direction];
    if (segment.flags & TcpFlag::syn) {
        if (!side.has_syn) {
            side.has_syn = true;
            side.first = segment.sequence;
            side.expect(segment.sequence + 1);
            side.watch.begin();
        }
        if (!segment.length)
            return Verdict::undecided;
    }
    if (connection.awaits_secrets)
        return decide_tls(connection);
    if (!segment.length)
        return Verdict::undecided;
    if (connection.running && recognise(connection, segment) == Verdict::keep)
        return Verdict::keep;
    Waiting::Entry entry;
    entry.sequence = segment.sequence + (segment.flags & TcpFlag::syn ? 1 : 0);
    entry.payload = segment.payload;
    entry.payload_length = segment.length;
    entry.direction = segment.direction;
    const auto verdict = deliver(connection, entry);
    return verdict == Verdict::undecided && side.early ? deliver_waiting(connection, segment.direction) : verdict;
}

/// Looks for frames in a connection whose handshake was not seen. What waited of it goes once it does not look like WebSocket.
Verdict Selector::recognise(Connection& connection, const Segment& segment) {
    auto& recogniser = connection.running->recogniser;
    auto& searched = connection.running->searched[segment.direction];
    searched = static_cast<std::uint16_t>(searched + (searched < std::numeric_limits<std::uint16_t>::max()));
    const bool thorough = ws::Recogniser::worth_searching(searched);
    if (!recogniser) {
        if (ws::Recogniser::out_of_the_question(segment.payload) && !(thorough && ws::Recogniser::has_frames(segment.payload)))
            return Verdict::undecided;
        recogniser = std::make_unique<ws::Recogniser>();
        connection.dormant = false;
    }
    const auto cut = segment.length - segment.payload.size();
    const auto result = recogniser->feed({segment.direction, segment.sequence, segment.payload, cut}, false, thorough);
    if (result.recognised)
        return Verdict::keep;
    if (!result.fits[0] && !result.fits[1]) {
        recogniser.reset();
        connection.waiting.clear();
    }
    return Verdict::undecided;
}

/// Gives the watch the bytes that are next in order.
Verdict Selector::deliver(Connection& connection, const Waiting::Entry& entry) {
    auto& side = connection.sides[entry.direction];
    Evidence evidence;
    const auto [lost, repeated] = side.sequence().compare(entry.sequence, entry.payload_length);
    if (repeated == entry.payload_length)
        return Verdict::undecided; // all of it was there before
    if (lost) {
        if (++side.early < patience)
            return Verdict::undecided;
        side.watch.lost();
        side.early = 0;
    }
    side.expect(entry.sequence + entry.payload_length);
    Verdict verdict = Verdict::undecided;
    if (repeated < entry.payload.size())
        verdict = side.watch.next(entry.payload.subspan(repeated), criteria_, evidence);
    if (verdict == Verdict::undecided && entry.payload.size() < entry.payload_length)
        side.watch.lost(); // the capture cut it
    if (verdict != Verdict::keep || !evidence.tls)
        return verdict;
    connection.awaits_secrets = true;
    tls_.emplace(&connection, evidence.random);
    return decide_tls(connection);
}

Verdict Selector::decide_tls(const Connection& connection) {
    const auto& random = tls_.at(&connection);
    if (criteria_.known_secrets && !sink_.has_secrets(random))
        return Verdict::undecided;
    ++counters_.kept_tls;
    sink_.keep_secrets(random);
    return Verdict::keep;
}

void Selector::forget_tls(Connection& connection) {
    if (std::exchange(connection.awaits_secrets, false))
        tls_.erase(&connection);
}

/// Segments that came before their turn are among the waiting packets.
Verdict Selector::deliver_waiting(Connection& connection, int direction) {
    auto& side = connection.sides[direction];
    Verdict verdict = Verdict::undecided;
    for (bool moved = true; moved && verdict == Verdict::undecided;) {
        moved = false;
        connection.waiting.each([&](const Waiting::Entry& entry) {
            if (entry.direction == direction && side.sequence().goes_on_with(entry.sequence, entry.payload_length)) {
                verdict = deliver(connection, entry);
                moved = true;
            }
            return !moved;
        });
    }
    const bool more = [&] {
        bool later = false;
        connection.waiting.each([&](const Waiting::Entry& entry) {
            later = entry.direction == direction && entry.payload_length &&
                    side.sequence().compare(entry.sequence, entry.payload_length).lost;
            return !later;
        });
        return later;
    }();
    if (!more)
        side.early = 0;
    return verdict;
}

/// Holds a connection to its limit: what came between its three-way handshake and the request at hand goes
/// first.
bool Selector::may_wait(Connection& connection, Verdict verdict) {
    const auto asks = [](const Connection::Side& side) { return side.watch.in_head() || side.early; };
    const bool asking =
        verdict == Verdict::keep || connection.awaits_secrets || asks(connection.sides[0]) || asks(connection.sides[1]);
    if (connection.running && !connection.running->recogniser && !asking)
        return false;
    if (connection.waiting.memory() > limits_.connection && (!asking || connection.waiting.memory() > 1 << 20)) {
        keep_beginning(connection);
        connection.dormant = true;
    }
    if (!connection.dormant || asking) {
        connection.asked = asking;
        return true;
    }
    if (connection.asked) // for something else
        keep_beginning(connection);
    connection.asked = false;
    return false;
}

void Selector::keep_beginning(Connection& connection) {
    Waiting beginning;
    int packets = 0;
    connection.waiting.each([&](const Waiting::Entry& entry) {
        const bool handshake = !entry.payload_length && ++packets <= 8;
        if (handshake)
            beginning.add(entry);
        return handshake;
    });
    connection.waiting = std::move(beginning);
}

void Selector::wait(Connection& connection, const Segment& segment, const Packet* packets, std::size_t count) {
    Waiting::Entry entry;
    entry.direction = segment.direction;
    for (std::size_t i = 0; i < count; ++i) {
        entry.packet = packets[i];
        const bool last = i + 1 == count; // of the fragments of one datagram: the segment counts once
        entry.sequence = segment.sequence + (segment.flags & TcpFlag::syn ? 1 : 0);
        entry.payload = last ? segment.payload : Bytes{};
        entry.payload_length = last ? segment.length : 0;
        connection.waiting.add(entry);
    }
}

/// What is kept needs no limit of its own: it waits no longer.
void Selector::account(Connection& connection) {
    constexpr std::size_t own = sizeof(Node) + 4 * sizeof(void*); // with the map's and the allocator's part
    std::size_t now = own + (connection.awaits_secrets ? sizeof(decltype(tls_)::value_type) + 4 * sizeof(void*) : 0) +
                      connection.waiting.memory() + connection.sides[0].watch.held() + connection.sides[1].watch.held();
    if (connection.state == Connection::State::kept)
        now = 0;
    else if (connection.running)
        now += sizeof(Connection::Running) + (connection.running->recogniser ? sizeof(ws::Recogniser) : 0);
    memory_ += now - connection.accounted;
    connection.accounted = now;
}

void Selector::settle(Node& node, Verdict verdict) {
    Connection& connection = node.second;
    if (verdict == Verdict::reject && !criteria_.midstream)
        return erase(node);
    if (verdict == Verdict::keep) {
        connection.state = Connection::State::kept;
        move(node, kept_);
        connection.id = next_id_++;
        ++counters_.kept_connections;
        counters_.incomplete += connection.dormant;
        connection.waiting.each([&](const Waiting::Entry& entry) {
            sink_.keep(entry.packet, connection.id);
            return true;
        });
    } else {
        connection.state = Connection::State::rejected;
        move(node, unlikely_);
    }
    connection.waiting.clear();
    connection.running.reset();
    forget_tls(connection);
    for (auto& side : connection.sides)
        side.watch = {};
    account(connection);
    if (verdict == Verdict::keep && ++kept_count_ > limits_.kept) {
        ++counters_.endless;
        erase(*kept_.first);
    }
}

void Selector::track_close(Node& node, const Segment& segment) {
    Connection& connection = node.second;
    if (segment.flags & TcpFlag::fin)
        connection.sides[segment.direction].has_fin = true;
    const bool over = (segment.flags & TcpFlag::rst) || (connection.sides[0].has_fin && connection.sides[1].has_fin);
    if (!over || connection.closed)
        return;
    if (connection.awaits_secrets)
        return; // its secrets may be written later than its last packet
    if (connection.state != Connection::State::kept)
        return erase(node);
    connection.closed = true;
    closed_.emplace_back(counters_.packets, node.first);
    forget_closed();
}

void Selector::forget_closed() {
    while (!closed_.empty() && (closed_.size() > most_closed || counters_.packets - closed_.front().first > linger_packets)) {
        const auto found = connections_.find(closed_.front().second);
        closed_.pop_front();
        if (found != connections_.end() && found->second.closed)
            erase(*found);
    }
}

void Selector::move(Node& node, Queue& to) {
    Queue*& queue = node.second.queue;
    if (queue == &to)
        return;
    if (queue)
        queue->remove(node);
    queue = &to;
    to.push(node);
}

void Selector::erase(Node& node) {
    node.second.queue->remove(node);
    kept_count_ -= node.second.state == Connection::State::kept;
    memory_ -= node.second.accounted;
    forget_tls(node.second);
    connections_.erase(node.first);
}

void Selector::finish() {
    defragmenter_.finish();
    for (Queue* queue : {&undecided_, &quiet_, &unlikely_})
        while (queue->first) {
            auto& node = *queue->first;
            if (node.second.awaits_secrets && decide_tls(node.second) == Verdict::keep)
                settle(node, Verdict::keep);
            else
                erase(node);
        }
}

std::uint64_t Selector::oldest_waiting() const {
    auto oldest = defragmenter_.oldest();
    if (undecided_.first)
        undecided_.first->second.waiting.each([&](const Waiting::Entry& entry) {
            oldest = std::min(oldest, entry.packet.order);
            return false;
        });
    return oldest;
}

} // namespace wscap
