// SPDX-License-Identifier: GPL-2.0-or-later
// Fragments of IP in any order, with holes and overlaps: every packet comes out once, and every byte of a datagram is one that
// was sent there.
#include "defragmenter.hpp"
#include "fuzz.hpp"

#include <set>

namespace ws::fuzz {
namespace {

constexpr std::size_t limit = 3000; // bytes
constexpr std::size_t header = 20;  // of each packet, before the payload

struct Sent {
    std::uint32_t id, offset, length;
    std::string bytes;
};

class Checker {
  public:
    explicit Checker(const std::vector<Sent>& sent) : sent_(sent) {}

    void operator()(const wscap::Datagram& datagram, const std::vector<wscap::Packet>& packets) {
        demand(!packets.empty(), "a datagram of nothing");
        std::uint64_t last = 0;
        for (const auto& packet : packets) {
            demand(packet.order < sent_.size() && packet.order >= last, "the order");
            last = packet.order;
            demand(delivered_.insert(packet.order).second, "a packet twice");
            demand(as_text(packet.data) == std::string(header, 'h') + sent_[packet.order].bytes, "a packet's bytes");
            demand(sent_[packet.order].id == sent_[packets[0].order].id, "another datagram's packet");
        }
        for (std::size_t at = 0; at < datagram.payload.size(); ++at)
            demand(was_sent(at, static_cast<char>(datagram.payload[at]), packets), "a byte that was not sent");
        demand(datagram.payload.size() <= datagram.length, "the length");
    }
    std::size_t delivered() const { return delivered_.size(); }

  private:
    bool was_sent(std::size_t at, char byte, const std::vector<wscap::Packet>& packets) const {
        return std::any_of(packets.begin(), packets.end(), [&](const auto& packet) {
            const auto& sent = sent_[packet.order];
            return at >= sent.offset && at - sent.offset < sent.bytes.size() && sent.bytes[at - sent.offset] == byte;
        });
    }
    const std::vector<Sent>& sent_;
    std::set<std::uint64_t> delivered_;
};

} // namespace

void run(Input& input) {
    std::vector<Sent> sent;
    Checker checker(sent);
    wscap::Defragmenter defragmenter(limit, [&](const auto& datagram, const auto& packets) { checker(datagram, packets); });
    while (input.left() && sent.size() < 500) {
        const auto how = input.number();
        wscap::Datagram fragment;
        fragment.version = 4;
        fragment.protocol = how & 8 ? 17 : ws::protocol_tcp;
        fragment.fragment = true;
        fragment.more = how & 4;
        fragment.id = how & 3;
        fragment.offset = static_cast<std::uint32_t>(how & 16 ? 8 * (input.number<std::uint16_t>() & 0x1fff) : input.below(64));
        sent.push_back({fragment.id, fragment.offset, 0, input.text()});
        const auto data = exactly(std::string(header, 'h') + sent.back().bytes);
        fragment.payload = Bytes(data).subspan(header);
        fragment.length = static_cast<std::uint32_t>(fragment.payload.size()) + (how & 32 ? input.number() : 0);
        const wscap::Packet packet{sent.size() - 1, 0, 0, static_cast<std::uint32_t>(data.size()), data, {}};
        if (fragment.protocol != ws::protocol_tcp)
            sent.pop_back();
        defragmenter.add(fragment, packet);
        demand(defragmenter.memory() <= limit, "memory");
        demand(defragmenter.memory() == 0 || defragmenter.oldest() < sent.size(), "the oldest");
    }
    defragmenter.finish();
    demand(checker.delivered() == sent.size(), "packets that never came out");
    demand(defragmenter.memory() == 0, "memory at the end");
}

} // namespace ws::fuzz
