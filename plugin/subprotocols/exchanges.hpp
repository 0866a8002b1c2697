// SPDX-License-Identifier: GPL-2.0-or-later
// What messages of a subprotocol have to do with each other. State changes on the first visit only; what later visits need is
// kept only if there may be some.
#pragma once

#include "wireshark/compat.h"

#include "dissector/facts.hpp"

#include <string_view>

namespace ws {

/// A question and its answer: packets, 0 where not known, and the time between them in nanoseconds.
struct Exchange {
    std::uint32_t asked_in = 0;
    std::uint32_t answered_in = 0;
    std::int64_t time = 0;
};

/// Questions of one kind are answered by the other side with the same scope and id.
struct Question {
    char kind;
    std::string_view scope, id;
};
/// The message asks, or answers. Returns what is known of both: of a question from the second visit on.
Exchange exchange_of_question(packet_info* pinfo, const MessageOf& of, const Question& question) noexcept;
Exchange exchange_of_answer(packet_info* pinfo, const MessageOf& of, const Question& question) noexcept;

/// For each message of a connection, in order. Where messages of its side may be missing before it, attachments are not expected
/// any more, and what the other side asked of this kind, without ids, may have been answered in what is missing.
void notice_loss(packet_info* pinfo, const MessageOf& of, char kind) noexcept;

/// The next `count` binary messages of this side belong to this one.
void expect_attachments(packet_info* pinfo, const MessageOf& header, std::uint32_t count) noexcept;
/// The binary message is one that was expected: the packet with what it belongs to; 0: none.
std::uint32_t attachment_of(packet_info* pinfo, const MessageOf& binary) noexcept;

/// Before each file.
void forget_exchanges() noexcept;

} // namespace ws
