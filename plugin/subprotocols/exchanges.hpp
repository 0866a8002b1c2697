// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wireshark/compat.h"

#include "dissector/facts.hpp"

#include <string_view>

namespace ws {

/// A question and its answer: packets, and the time between them in nanoseconds.
struct Exchange {
    std::uint32_t asked_in = 0;
    std::uint32_t answered_in = 0;
    std::int64_t time = 0;
};

/// What is asked with `id` by one side, and answered with the same by the other. `kind`: ids of one kind are one sort of
/// question.
void note_question(packet_info* pinfo, const MessageOf& question, char kind, std::string_view scope,
                   std::string_view id) noexcept;
void note_answer(packet_info* pinfo, const MessageOf& answer, char kind, std::string_view scope, std::string_view id) noexcept;

/// The exchange that this message is a part of, or null; of a question known from the second visit on.
const Exchange* exchange_of(const MessageOf& message) noexcept;

/// The next `count` binary messages of this side belong to this one.
void expect_attachments(packet_info* pinfo, const MessageOf& header, std::uint32_t count) noexcept;
/// The binary message is one that was expected: the packet with what it belongs to; 0: none.
std::uint32_t attachment_of(packet_info* pinfo, const MessageOf& binary) noexcept;

/// Before each file.
void forget_exchanges() noexcept;

} // namespace ws
