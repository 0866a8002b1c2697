// SPDX-License-Identifier: GPL-2.0-or-later
// Messages of every subprotocol that the plugin reads itself, one after the other on a connection.
#include "fuzz.hpp"
#include "subprotocols/subprotocol_reader.hpp"
#include "subprotocols/subprotocols.hpp"
#include "utf8.hpp"

#include <string>
#include <vector>

namespace ws::fuzz {
namespace {

bool is_utf8(std::string_view text) {
    return well_formed_part(as_bytes(text)) == text.size();
}

struct Sent {
    Arrival arrival;
    std::string data;
    bool is_text;
};

/// All that is shown of the records, and whether it may be.
std::string account(std::span<const Record> records) {
    std::string out;
    for (const auto& record : records) {
        demand(record.of && record.offset <= record.data.size() && record.size <= record.data.size() - record.offset,
               "a record within its data");
        demand(is_utf8(record.words), "words that can be shown");
        demand(record.words.size() < 4096, "words for one line");
        demand(record.subject.size() <= longest_subject, "a subject that can be kept");
        demand(!record.content.kind || (record.content.offset <= record.data.size() &&
                                        record.content.size <= record.data.size() - record.content.offset),
               "content within the data");
        demand(!record.stopped || record.stopped_at <= record.data.size(), "stopped within the data");
        out.append(record.of->name).append(" ").append(record.words);
        for (const auto& value : record.values) {
            demand(value.field < record.of->fields.size(), "a field of the table");
            demand(value.offset <= record.data.size() && value.size <= record.data.size() - value.offset,
                   "a value within the data");
            out.append(" ").append(record.of->fields[value.field].name).append("=").append(value.text);
            out.append(std::to_string(value.number));
        }
        out.append("\n");
    }
    return out;
}

} // namespace

void run(Input& input) {
    const auto all = all_subprotocols();
    const auto number = input.below(all.size() + 1);
    const auto* known = number < all.size() && all[number]->read ? all[number] : nullptr;
    const bool hinted = input.flag();
    constexpr const char* names[] = {"", "wamp.2.msgpack", "wamp.2.cbor.batched", "base64.channel.k8s.io",
                                     "SPDY/3.1+portforward.k8s.io"};
    constexpr const char* urls[] = {"", "/socket.io/?EIO=3", "/portforward"};
    const std::string name = input.one_of(names), url = input.one_of(urls);
    SubprotocolReader reader(hinted ? nullptr : known, hinted ? known : nullptr);
    std::vector<Sent> sent;
    std::vector<std::string> accounts;
    std::uint32_t counts[2] = {};
    while (input.left() && sent.size() < 64) {
        const auto flags = input.number();
        const auto direction = flags & 1 ? Direction::server_to_client : Direction::client_to_server;
        const auto message = counts[flags & 1] += 1 + (flags >> 3 & 1);
        auto data = input.text();
        const bool is_text = !(flags & 2) && is_utf8(data);
        const auto packet = static_cast<std::uint32_t>(sent.size() + 1);
        sent.push_back({{direction, message, (flags & 4) != 0, packet, packet * 1000}, std::move(data), is_text});
    }
    for (const auto& one : sent) {
        TestArena memory;
        const Arena& arena = memory;
        const auto bytes = exactly(one.data);
        const Reading reading(bytes, one.is_text, arena, one.arrival.direction, url, name);
        accounts.push_back(account(reader.read(reading, one.arrival, true)));
    }
    // A later visit says the same of what was told, and may tell more of the first messages.
    for (std::size_t i = 0; i < sent.size(); ++i) {
        TestArena memory;
        const Arena& arena = memory;
        const auto bytes = exactly(sent[i].data);
        const Reading reading(bytes, sent[i].is_text, arena, sent[i].arrival.direction, url, name);
        const auto again = account(reader.again(reading, sent[i].arrival));
        if (!accounts[i].empty())
            demand_equal(accounts[i], again, "a later visit says the same");
    }
}

} // namespace ws::fuzz
