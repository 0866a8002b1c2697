// SPDX-License-Identifier: GPL-2.0-or-later
#include "violations.hpp"

#include "support.hpp"

#include <gtest/gtest.h>

#include <set>

namespace ws::test {
namespace {

TEST(Violations, TableNamesEveryRuleOfTheInterface) {
    // The names are public: they never change.
    const std::set<std::string_view> expected = {"rsv_set",
                                                 "opcode_reserved",
                                                 "client_unmasked",
                                                 "server_masked",
                                                 "length_not_minimal",
                                                 "length_msb_set",
                                                 "control_too_long",
                                                 "control_fragmented",
                                                 "control_compressed",
                                                 "continuation_unexpected",
                                                 "continuation_compressed",
                                                 "data_interleaved",
                                                 "text_not_utf8",
                                                 "close_length",
                                                 "close_code_invalid",
                                                 "close_reason_not_utf8",
                                                 "data_after_close",
                                                 "inflate_failed",
                                                 "window_exceeded",
                                                 "accept_wrong",
                                                 "accept_missing",
                                                 "key_invalid",
                                                 "key_missing",
                                                 "version_unsupported",
                                                 "version_missing",
                                                 "method_not_get",
                                                 "http_version",
                                                 "host_missing",
                                                 "upgrade_missing",
                                                 "connection_missing",
                                                 "header_repeated",
                                                 "protocol_not_offered",
                                                 "extension_not_offered",
                                                 "extension_parameter"};
    std::set<std::string_view> names;
    for (const auto& row : violation_table())
        EXPECT_TRUE(names.insert(row.name).second) << row.name << " twice";
    EXPECT_EQ(names, expected);
}

TEST(Violations, TableGivesSourceAndSentenceOfEveryRule) {
    for (const auto& row : violation_table()) {
        EXPECT_TRUE(row.rfc == 6455 || row.rfc == 7692) << row.name;
        EXPECT_TRUE(row.section[0] >= '1' && row.section[0] <= '9') << row.name;
        EXPECT_GT(std::string_view(row.sentence).size(), 10U) << row.name;
    }
}

TEST(Violations, TableIsIndexedByTheEnumerators) {
    const auto name = [](Violation violation) {
        return std::string_view(violation_table()[static_cast<std::size_t>(violation)].name);
    };
    EXPECT_EQ(name(Violation::rsv_set), "rsv_set");
    EXPECT_EQ(name(Violation::window_exceeded), "window_exceeded");
    EXPECT_EQ(name(Violation::extension_parameter), "extension_parameter");
}

TEST(Violations, HoldsExactlyWhatWasAdded) {
    for (std::size_t i = 0; i < violation_table().size(); ++i) {
        Violations violations;
        EXPECT_FALSE(violations.any());
        violations.add(static_cast<Violation>(i));
        violations.add(static_cast<Violation>(i));
        EXPECT_TRUE(violations.any());
        for (std::size_t j = 0; j < violation_table().size(); ++j)
            EXPECT_EQ(violations.has(static_cast<Violation>(j)), i == j);
    }
}

} // namespace
} // namespace ws::test
