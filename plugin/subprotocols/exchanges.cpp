// SPDX-License-Identifier: GPL-2.0-or-later
#include "subprotocols/exchanges.hpp"

#include "wireshark/times.hpp"

#include <map>
#include <string>
#include <unordered_map>

namespace ws {
namespace {

/// One side of a connection, or one of its messages.
using Key = std::uint64_t;

Key side_of(const MessageOf& of, Direction direction) {
    return std::uint64_t{of.whose.stream} << 1U | static_cast<unsigned>(direction);
}

Key own_side_of(const MessageOf& of) {
    return side_of(of, of.whose.direction);
}

Key key_of(const MessageOf& of) {
    return own_side_of(of) << 31U ^ of.message->number;
}

struct Open {
    Key key;
    std::uint32_t packet;
    std::int64_t time;
};

struct Side {
    std::uint32_t next_message = 1;
    std::uint32_t header = 0; ///< The packet that binary messages belong to,
    std::uint32_t left = 0;   ///< so many.
};

std::map<std::pair<Key, std::string>, Open> open_questions; ///< By the side that asked, kind, scope and id.
std::unordered_map<Key, Side> sides;
// For later visits, by message.
std::unordered_map<Key, Exchange> exchanges;
std::unordered_map<Key, std::uint32_t> attachments;

/// More that nobody answers are forgotten, the same way in each run.
constexpr std::size_t most_open = 65536;
/// A longer id is none that anybody means.
constexpr std::size_t longest_id = 256;

std::string name_of(const Question& question) {
    std::string name(1, question.kind);
    name.append(question.scope).append(1, '\0').append(question.id);
    return name;
}

template <class Value>
Value value_of(const std::unordered_map<Key, Value>& values, const MessageOf& of) {
    const auto it = values.find(key_of(of));
    return it == values.end() ? Value{} : it->second;
}

} // namespace

Exchange exchange_of_question(packet_info* pinfo, const MessageOf& of, const Question& question) noexcept {
    if (PINFO_FD_VISITED(pinfo))
        return value_of(exchanges, of);
    if (question.scope.size() + question.id.size() > longest_id)
        return {};
    if (open_questions.size() >= most_open)
        open_questions.clear();
    open_questions.insert_or_assign({own_side_of(of), name_of(question)}, Open{key_of(of), pinfo->num, time_of(pinfo)});
    return {};
}

Exchange exchange_of_answer(packet_info* pinfo, const MessageOf& of, const Question& question) noexcept {
    if (PINFO_FD_VISITED(pinfo))
        return value_of(exchanges, of);
    if (question.scope.size() + question.id.size() > longest_id)
        return {};
    const auto it = open_questions.find({side_of(of, opposite(of.whose.direction)), name_of(question)});
    if (it == open_questions.end())
        return {};
    const auto asked = it->second;
    open_questions.erase(it);
    const Exchange exchange{asked.packet, pinfo->num, time_of(pinfo) - asked.time};
    if (of.revisits)
        exchanges[asked.key] = exchanges[key_of(of)] = exchange;
    return exchange;
}

void notice_loss(packet_info* pinfo, const MessageOf& of, char kind) noexcept {
    if (PINFO_FD_VISITED(pinfo))
        return;
    auto& side = sides[own_side_of(of)];
    const bool lost = of.message->after_loss || of.message->number != side.next_message;
    side.next_message = of.message->number + 1;
    if (!lost)
        return;
    side.left = 0;
    const auto asker = side_of(of, opposite(of.whose.direction));
    auto it = open_questions.lower_bound({asker, std::string(1, kind)});
    while (it != open_questions.end() && it->first.first == asker && it->first.second[0] == kind)
        it = open_questions.erase(it);
}

void expect_attachments(packet_info* pinfo, const MessageOf& header, std::uint32_t count) noexcept {
    if (PINFO_FD_VISITED(pinfo))
        return;
    auto& side = sides[own_side_of(header)];
    side.header = pinfo->num;
    side.left = count;
}

std::uint32_t attachment_of(packet_info* pinfo, const MessageOf& binary) noexcept {
    if (PINFO_FD_VISITED(pinfo))
        return value_of(attachments, binary);
    auto& side = sides[own_side_of(binary)];
    if (!side.left)
        return 0;
    --side.left;
    if (binary.revisits)
        attachments[key_of(binary)] = side.header;
    return side.header;
}

void forget_exchanges() noexcept {
    open_questions.clear();
    sides.clear();
    exchanges.clear();
    attachments.clear();
}

} // namespace ws
