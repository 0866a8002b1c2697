// SPDX-License-Identifier: GPL-2.0-or-later
#include "taps/session_rows.hpp"

#include "taps/command.hpp"
#include "wireshark/times.hpp"

#include "dissector/close_code.hpp"
#include "dissector/words.hpp"

#include <algorithm>

namespace ws {
namespace {

/// So much of a URL, in bytes.
constexpr std::size_t most_url = 60;
constexpr std::size_t most_subprotocol = 24;

std::string words_of_code(const std::optional<std::uint16_t>& code) {
    return code ? std::to_string(*code) + ' ' + close_code(*code).name : "";
}

double in_seconds(std::int64_t nanoseconds) {
    return static_cast<double>(nanoseconds) / 1e9;
}

void add_statistics(SessionRow& row, const Statistics& statistics) {
    std::uint64_t wire_bytes = 0;
    for (std::size_t i = 0; i < 2; ++i) {
        row.messages[i] = statistics.sides[i].messages;
        row.bytes[i] = statistics.sides[i].bytes;
        wire_bytes += statistics.sides[i].wire_bytes;
    }
    if (const auto bytes = row.bytes[0] + row.bytes[1]; wire_bytes && bytes != wire_bytes) {
        char text[32];
        std::snprintf(text, sizeof text, "%.2f", static_cast<double>(bytes) / static_cast<double>(wire_bytes));
        row.ratio = text;
    }
    if (statistics.round_trips)
        row.round_trip = words_of_time(statistics.round_trip_sum / statistics.round_trips);
}

} // namespace

void SessionRows::add(packet_info* pinfo, const Tapped& tapped) {
    if (tapped.stream == no_stream)
        return;
    const auto [it, is_new] = sessions_.try_emplace(tapped.stream);
    auto& session = it->second;
    if (is_new) {
        auto [client, server] = ends_of(pinfo, tapped.direction);
        session.client = std::move(client);
        session.server = std::move(server);
        session.file_begin = time_of(pinfo) - nanoseconds(pinfo->rel_ts);
        session.first = tapped.time;
    }
    session.last = std::max(session.last, time_of(pinfo));
    if (tapped.opening)
        session.opening = tapped.opening;
    if (tapped.connection)
        session.connection = tapped.connection;
    if (const auto* summary = std::get_if<SessionSummary>(&tapped.what))
        session.summary = *summary;
    if (const auto* found = std::get_if<Diagnosed>(&tapped.what))
        if (std::find(session.diagnoses.begin(), session.diagnoses.end(), found->diagnosis) == session.diagnoses.end())
            session.diagnoses.push_back(found->diagnosis);
}

/// As negotiated; else the one that was found, by its title.
std::string_view subprotocol_of(const Connection* connection) {
    if (!connection || !connection->subprotocol.empty())
        return connection ? std::string_view(connection->subprotocol) : "";
    const auto* found = connection->subprotocol_reader ? connection->subprotocol_reader->known() : nullptr;
    return found ? found->title : "";
}

SessionRow SessionRows::row_of(std::uint32_t stream, const Session& session) {
    SessionRow row;
    row.stream = stream;
    row.client = session.client;
    row.server = session.server;
    const auto* statistics = session.connection ? &session.connection->statistics : nullptr;
    const auto* close = session.connection ? &session.connection->decoder.first_close() : nullptr;
    auto begin = statistics        ? statistics->requested
                 : session.opening ? nanoseconds(session.opening->request_time)
                                   : session.first;
    auto end = statistics ? std::max(statistics->last, begin) : session.last;
    if (session.summary) {
        statistics = session.summary->statistics;
        begin = session.summary->begin;
        end = session.summary->end;
        close = &session.summary->close;
    }
    row.url = session.opening ? on_one_line(session.opening->url, most_url) : "";
    row.subprotocol = on_one_line(subprotocol_of(session.connection), most_subprotocol);
    row.start = in_seconds(begin - session.file_begin);
    row.duration = in_seconds(end - begin);
    if (statistics)
        add_statistics(row, *statistics);
    if (session.connection)
        row.closed_by = !*close ? "Nobody" : (*close)->from == Direction::client_to_server ? "Client" : "Server";
    if (close && *close)
        row.code = words_of_code((*close)->code);
    for (const auto diagnosis : session.diagnoses)
        row.diagnoses.append(row.diagnoses.empty() ? "" : ", ")
            .append(diagnosis_table()[static_cast<std::size_t>(diagnosis)].name);
    return row;
}

std::vector<SessionRow> SessionRows::rows() const {
    std::vector<SessionRow> rows;
    for (const auto& [stream, session] : sessions_)
        rows.push_back(row_of(stream, session));
    return rows;
}

} // namespace ws
