// SPDX-License-Identifier: GPL-2.0-or-later
// One message, read by one subprotocol's reader.
#pragma once

#include "subprotocols/record.hpp"
#include "subprotocols/subprotocols.hpp"
#include "test_arena.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ws::test {

struct Said {
    std::string words;   ///< Of all records, with ", " between, but for those that carry the next.
    std::string stopped; ///< Why the first that stopped did.
    std::size_t records = 0;
};

inline Said read(const Subprotocol& one, const std::string& message, bool is_text = true, std::string_view name = {},
                 std::string_view url = {}, Direction direction = Direction::client_to_server) {
    TestArena memory;
    const Arena& arena = memory;
    const Reading reading(as_bytes(message), is_text, arena, direction, url, name);
    Records records(arena);
    one.read(reading, records);
    Said said;
    for (const auto& record : records.all()) {
        if (!record.carries || &record == &records.last())
            said.words += (said.words.empty() ? "" : ", ") + std::string(record.words);
        if (record.stopped && said.stopped.empty())
            said.stopped = record.stopped;
    }
    said.records = records.size();
    return said;
}

struct Example {
    std::string message;
    const char* words;
};

inline void expect_all(const Subprotocol& one, const std::vector<Example>& examples, bool is_text = true,
                       std::string_view name = {}) {
    for (const auto& [message, words] : examples) {
        const auto said = read(one, message, is_text, name);
        EXPECT_EQ(said.words, words) << message;
        EXPECT_EQ(said.stopped, "") << message;
    }
}

/// Nothing is said of it as if it were whole.
inline void expect_none(const Subprotocol& one, std::initializer_list<std::string_view> messages, bool is_text = true,
                        std::string_view name = {}) {
    for (const auto message : messages) {
        const auto said = read(one, std::string(message), is_text, name);
        EXPECT_TRUE(said.records == 0 || !said.stopped.empty()) << message << ": " << said.words;
    }
}

} // namespace ws::test
