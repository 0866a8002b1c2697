// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "tls_hello.hpp"

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace wscap {

/// Sorts the lines of SSLKEYLOGFILEs by connection
/// (https://www.ietf.org/archive/id/draft-ietf-tls-keylogfile-02.html), so that only the secrets of kept
/// connections get out.
class KeyLog {
  public:
    /// `limit`: bytes of lines to remember that nobody asked for yet; the oldest go first.
    explicit KeyLog(std::size_t limit = 8 << 20) : limit_(limit) {}

    /// Any part of a key log; a line cut at the end is joined with what comes next.
    void add(std::string_view text);

    /// This connection is kept: its lines, those already seen and those to come, are for take().
    void want(const ClientRandom& random);

    /// Every connection is kept.
    void want_all() { all_ = true; }

    /// The lines that became wanted since the last call.
    std::string take() { return std::exchange(wanted_lines_, {}); }

  private:
    void add_line(std::string_view line);

    std::size_t limit_, held_ = 0;
    bool all_ = false;
    std::string partial_, wanted_lines_;
    std::unordered_map<std::string, std::string> lines_; ///< By client random, in lower-case hex.
    std::deque<std::string> by_age_;
    std::unordered_set<std::string> wanted_;
};

} // namespace wscap
