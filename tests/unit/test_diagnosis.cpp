// SPDX-License-Identifier: GPL-2.0-or-later
#include "diagnosis.hpp"

#include "support.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

TEST(DiagnosisTable, HasEachRowOnceWithASentence) {
    std::vector<std::string> names;
    for (const auto& row : diagnosis_table()) {
        EXPECT_GT(std::string_view(row.sentence).size(), 20U) << row.name;
        EXPECT_EQ(std::count(names.begin(), names.end(), row.name), 0) << row.name;
        names.emplace_back(row.name);
    }
    EXPECT_EQ(names.at(static_cast<std::size_t>(Diagnosis::idle_timeout)), "idle_timeout");
}

TEST(Finding, IsCutBetweenTwoCharacters) {
    TestArena arena;
    std::string long_text;
    while (long_text.size() < 400)
        long_text += "ü";
    const auto kept = keep({Diagnosis::forbidden, long_text, "short", std::string(longest_part, 'x')}, arena);
    EXPECT_EQ(kept.seen.size(), 199U); // 98 characters of two bytes, and the three of "…"
    EXPECT_TRUE(kept.seen.ends_with("ü…"));
    EXPECT_EQ(kept.cause, "short");
    EXPECT_EQ(kept.check.size(), longest_part);
}

TEST(Finding, EndsWithNulInAnArena) {
    TestArena arena;
    const auto kept = keep({Diagnosis::forbidden, "seen", "", "check", "2.0 s", 7}, arena);
    EXPECT_STREQ(kept.seen.data(), "seen");
    EXPECT_STREQ(kept.cause.data(), "");
    EXPECT_STREQ(kept.figure.data(), "2.0 s");
    EXPECT_EQ(kept.about, 7U);
}

} // namespace
} // namespace ws::test
