// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "state/tapped.hpp"

#include <map>
#include <string>
#include <vector>

namespace ws {

/// What is told of one connection in a table; texts can be printed anywhere.
struct SessionRow {
    std::uint32_t stream = 0;
    std::string client;
    std::string server;
    std::string url;
    std::string subprotocol;
    double start = 0;    ///< Seconds since the first packet of the file.
    double duration = 0; ///< Seconds.
    std::uint32_t messages[2] = {};
    std::uint64_t bytes[2] = {}; ///< After decompression.
    std::string ratio;           ///< Of them to those on the wire; empty where they are the same.
    std::string round_trip;      ///< The mean of all pings.
    std::string closed_by;
    std::string code;      ///< Of the first Close frame, with its meaning.
    std::string diagnoses; ///< Names, in the order in which they were found.
};

/// The columns of a table of them.
struct SessionColumn {
    const char* title;
    bool number; ///< At the right.
};
inline constexpr SessionColumn session_columns[] = {
    {"Stream", true},
    {"Client", false},
    {"Server", false},
    {"URL", false},
    {"Subprotocol", false},
    {"Start", true},
    {"Duration", true},
    {"Messages \xe2\x86\x92", true},
    {"Messages \xe2\x86\x90", true},
    {"Bytes \xe2\x86\x92", true},
    {"Bytes \xe2\x86\x90", true},
    {"Ratio", true},
    {"RTT", true},
    {"Closed by", false},
    {"Code", false},
    {"Diagnosis", false},
};

/// All connections of which a tap gets anything. What it does not get is told all the same: the numbers are the connection's.
class SessionRows {
  public:
    void add(packet_info* pinfo, const Tapped& tapped);
    void clear() { sessions_.clear(); }
    /// By stream.
    std::vector<SessionRow> rows() const;
    /// One of them, if something was added to it.
    SessionRow row(std::uint32_t stream) const { return row_of(stream, sessions_.at(stream)); }

  private:
    struct Session {
        std::string client;
        std::string server;
        std::int64_t file_begin = 0; ///< When the first packet of the file was captured, nanoseconds.
        std::int64_t first = 0;
        std::int64_t last = 0;
        const OpeningHandshake* opening = nullptr;
        const Connection* connection = nullptr;
        std::optional<SessionSummary> summary;
        std::vector<Diagnosis> diagnoses;
    };
    static SessionRow row_of(std::uint32_t stream, const Session& session);

    std::map<std::uint32_t, Session> sessions_;
};

} // namespace ws
