// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "tls_hello.hpp"

#include <deque>
#include <list>
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
    /// `most_wanted`: connections whose later lines are waited for; what has waited longest goes first.
    explicit KeyLog(std::size_t limit = 8 << 20, std::size_t most_wanted = 100000) : limit_(limit), most_wanted_(most_wanted) {}

    /// Any part of a key log; a line cut at the end is joined with what comes next.
    void add(std::string_view text);

    /// This connection is kept: its lines, those already seen and those to come, are for take().
    void want(const ClientRandom& random);

    /// Lines of a connection that nobody asked for yet are here.
    bool knows(const ClientRandom& random) const;

    /// Every connection is kept.
    void want_all() { all_ = true; }

    /// The lines that became wanted since the last call.
    std::string take() { return std::exchange(wanted_lines_, {}); }

    /// How many connections are remembered, with or without lines.
    std::size_t connections() const { return unasked_.size() + wanted_.size(); }

  private:
    void add_line(std::string_view line);

    struct Lines {
        std::string random, text;
    };
    using ByAge = std::list<Lines>;
    void forget(ByAge::iterator lines);

    std::size_t limit_, most_wanted_, held_ = 0;
    bool all_ = false;
    std::string partial_, wanted_lines_;
    // By client random, in lower-case hex.
    ByAge by_age_; ///< Lines that nobody asked for yet, the oldest first.
    std::unordered_map<std::string, ByAge::iterator> unasked_;
    std::unordered_set<std::string> wanted_;
    std::deque<std::string> wanted_by_age_;
};

} // namespace wscap
