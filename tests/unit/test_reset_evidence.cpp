// SPDX-License-Identifier: GPL-2.0-or-later
#include "reset_evidence.hpp"

#include <gtest/gtest.h>

namespace ws::test {
namespace {

/// Segments of one host, as Linux sends them.
SenderMarks sender(SegmentMarks marks) {
    SenderMarks out;
    for (int i = 0; i < 5; ++i) {
        out.note(marks);
        ++marks.ip_id;
    }
    return out;
}

const SegmentMarks usual{57, false, true, -1, 4711, 502};

TEST(Reset, OfThePeerHasNothingAgainstIt) {
    const auto found = evidence_of_reset(sender(usual), {57, false, true, -1, 4717, 502}, 0);
    EXPECT_EQ(found.list, "");
    EXPECT_FALSE(found.forged);
}

TEST(Reset, OfAHostThatForgotTheConnectionAccusesNobody) {
    // As Linux answers a segment of a connection that it does not have: no timestamps, identification 0, no window.
    const auto found = evidence_of_reset(sender(usual), {57, false, false, -1, 0, 0}, 0);
    EXPECT_FALSE(found.forged);
    EXPECT_EQ(found.list, "no TCP timestamps, which all its other segments have, IP ID 0 after 4715, no window");
}

TEST(Reset, OfAnotherHostIsToldByItsHopLimit) {
    auto found = evidence_of_reset(sender(usual), {64, false, false, -1, 0, 0}, 0);
    EXPECT_TRUE(found.forged);
    EXPECT_TRUE(found.list.starts_with("TTL 64 where its other packets have 57, no TCP timestamps")) << found.list;
    auto v6 = usual;
    v6.ipv6 = true;
    found = evidence_of_reset(sender(v6), {64, true, true, -1, 0, 502}, 0);
    EXPECT_EQ(found.list, "hop limit 64 where its other packets have 57");
}

TEST(Reset, OfAnotherHostIsToldByItsVlan) {
    auto tagged = usual;
    tagged.vlan = 12;
    EXPECT_EQ(evidence_of_reset(sender(tagged), {57, false, true, 7, 4717, 502}, 0).list,
              "VLAN 7 where its other packets have VLAN 12");
    EXPECT_TRUE(evidence_of_reset(sender(tagged), {57, false, true, -1, 4717, 502}, 0).forged);
}

TEST(Reset, WithAnotherSequenceNumberIsListed) {
    const auto found = evidence_of_reset(sender(usual), {57, false, true, -1, 4717, 502}, -40);
    EXPECT_EQ(found.list, "sequence number 40 behind the next");
    EXPECT_FALSE(found.forged) << "an answer to an old segment has it, too";
    EXPECT_EQ(evidence_of_reset(sender(usual), {57, false, true, -1, 4717, 502}, 100).list,
              "sequence number 100 ahead of the next");
}

TEST(Reset, WhereTheHopLimitVariesTellsNothing) {
    auto marks = sender(usual);
    marks.note({58, false, true, -1, 4716, 502});
    EXPECT_FALSE(evidence_of_reset(marks, {64, false, true, -1, 4717, 502}, 0).forged);
    EXPECT_FALSE(evidence_of_reset(SenderMarks{}, {64, false, true, -1, 4717, 502}, 0).forged);
}

TEST(Reset, OfASenderThatWasNeverSeen) {
    EXPECT_EQ(evidence_of_reset({}, {64, false, false, -1, 0, 0}, 0).list, "");
}

TEST(Reset, WhatVariesTellsNothing) {
    SenderMarks varied;
    varied.note({57, false, true, 3, 100, 502});
    varied.note({58, false, true, 4, 30000, 502}); // neither one hop limit nor one VLAN, and IDs that do not count
    varied.note({57, false, true, 4, 30001, 502});
    EXPECT_EQ(evidence_of_reset(varied, {64, false, true, 9, 7, 502}, 0).list, "");
}

TEST(Reset, IdsCountOnlyInIpv4AndForward) {
    auto v6 = usual;
    v6.ipv6 = true;
    EXPECT_EQ(evidence_of_reset(sender(v6), {57, true, true, -1, 1, 502}, 0).list, "");
    EXPECT_EQ(evidence_of_reset(sender(usual), {57, false, true, -1, 4715, 502}, 0).list, "") << "the same once more";
    EXPECT_EQ(evidence_of_reset(sender(usual), {57, false, true, -1, 4000, 502}, 0).list, "IP ID 4000 after 4715");
    EXPECT_EQ(evidence_of_reset(sender(usual), {57, true, true, -1, 4000, 502}, 0).list, "") << "this one has none";
    SenderMarks still;
    for (int i = 0; i < 3; ++i)
        still.note(usual);
    EXPECT_EQ(evidence_of_reset(still, {57, false, true, -1, 9, 502}, 0).list, "");
}

TEST(Reset, WithoutTimestampsWhereOthersHaveNoneEither) {
    SenderMarks mixed;
    mixed.note(usual);
    mixed.note({57, false, false, -1, 4712, 0});
    EXPECT_EQ(evidence_of_reset(mixed, {57, false, false, -1, 4713, 0}, -5).list, "sequence number 5 behind the next");
}

} // namespace
} // namespace ws::test
