// SPDX-License-Identifier: GPL-2.0-or-later
#include "subprotocols/exchanges.hpp"

#include <map>
#include <string>
#include <unordered_map>

namespace ws {
namespace {

/// Which message of the file.
using Key = std::uint64_t;

Key side_of(const MessageOf& of, Direction direction) {
    return std::uint64_t{of.whose.stream} << 1U | static_cast<unsigned>(direction);
}

Key key_of(const MessageOf& of) {
    return side_of(of, of.whose.direction) << 31U ^ of.message->number;
}

struct Question {
    Key key;
    std::uint32_t packet;
    std::int64_t time;
};

struct Attachments {
    std::uint32_t header;
    std::uint32_t left;
};

std::map<std::pair<Key, std::string>, Question> open_questions; ///< By the side that asked, kind, scope and id.
std::unordered_map<Key, Exchange> exchanges;
std::unordered_map<Key, Attachments> expected; ///< By side.
std::unordered_map<Key, std::uint32_t> attachments;

/// More that nobody answers are forgotten, the same way in each run.
constexpr std::size_t most_open = 65536;
/// A longer id is none that anybody means.
constexpr std::size_t longest_id = 256;

std::string name_of(char kind, std::string_view scope, std::string_view id) {
    std::string name(1, kind);
    name.append(scope).append(1, '\0').append(id);
    return name;
}

std::int64_t now(const packet_info* pinfo) {
    return pinfo->abs_ts.secs * 1000000000 + pinfo->abs_ts.nsecs;
}

} // namespace

void note_question(packet_info* pinfo, const MessageOf& question, char kind, std::string_view scope,
                   std::string_view id) noexcept {
    if (PINFO_FD_VISITED(pinfo) || scope.size() + id.size() > longest_id)
        return;
    if (open_questions.size() >= most_open)
        open_questions.clear();
    open_questions.insert_or_assign({side_of(question, question.whose.direction), name_of(kind, scope, id)},
                                    Question{key_of(question), pinfo->num, now(pinfo)});
}

void note_answer(packet_info* pinfo, const MessageOf& answer, char kind, std::string_view scope, std::string_view id) noexcept {
    if (PINFO_FD_VISITED(pinfo) || scope.size() + id.size() > longest_id)
        return;
    const auto it = open_questions.find({side_of(answer, opposite(answer.whose.direction)), name_of(kind, scope, id)});
    if (it == open_questions.end())
        return;
    const Exchange exchange{it->second.packet, pinfo->num, now(pinfo) - it->second.time};
    exchanges[it->second.key] = exchanges[key_of(answer)] = exchange;
    open_questions.erase(it);
}

const Exchange* exchange_of(const MessageOf& message) noexcept {
    const auto it = exchanges.find(key_of(message));
    return it == exchanges.end() ? nullptr : &it->second;
}

void expect_attachments(packet_info* pinfo, const MessageOf& header, std::uint32_t count) noexcept {
    if (PINFO_FD_VISITED(pinfo))
        return;
    const auto side = side_of(header, header.whose.direction);
    if (count)
        expected[side] = {pinfo->num, count};
    else
        expected.erase(side);
}

std::uint32_t attachment_of(packet_info* pinfo, const MessageOf& binary) noexcept {
    if (!PINFO_FD_VISITED(pinfo))
        if (const auto it = expected.find(side_of(binary, binary.whose.direction)); it != expected.end()) {
            attachments[key_of(binary)] = it->second.header;
            if (--it->second.left == 0)
                expected.erase(it);
        }
    const auto it = attachments.find(key_of(binary));
    return it == attachments.end() ? 0 : it->second;
}

void forget_exchanges() noexcept {
    open_questions.clear();
    exchanges.clear();
    expected.clear();
    attachments.clear();
}

} // namespace ws
