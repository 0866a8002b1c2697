// SPDX-License-Identifier: GPL-2.0-or-later
// What the tests of one direction's machines share: they see them at work in a whole connection.
#pragma once

#include "support.hpp"

#include <gtest/gtest.h>

namespace ws::test {

using Texts = std::vector<std::string>;

/// Plays the stream whole, and expects the same facts however it is split.
inline Session decoded(Direction direction, const std::string& bytes, const Negotiated& negotiated = plain(),
                       Limits limits = {}) {
    EXPECT_EQ(difference_when_split({{direction, bytes}}, negotiated, limits), "");
    Session session(negotiated, limits);
    session.feed(direction, bytes);
    return session;
}

/// Each frame of `frames`, masked if a client sends them, one after the other.
inline std::string joined(Direction direction, const std::vector<WireFrame>& frames) {
    std::string out;
    for (const auto& frame : frames)
        out += wire(direction, frame);
    return out;
}

} // namespace ws::test
