// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow/summary.hpp"

namespace ws {
namespace {

std::int64_t begin_of(const Statistics* statistics, const OpeningHandshake* opening, std::int64_t end) {
    if (statistics)
        return statistics->requested;
    return opening ? nanoseconds(opening->request_time) : end;
}

SessionSummary summary_of(const OpeningHandshake* opening, const Connection* connection, const Statistics* statistics,
                          const std::optional<FirstClose>& close, const packet_info* pinfo, bool over) {
    const auto end = time_of(pinfo);
    return {!connection ? SessionState::refused
            : !over     ? SessionState::open
            : close     ? SessionState::closed
                        : SessionState::aborted,
            statistics,
            close,
            begin_of(statistics, opening, end),
            end,
            opening && opening->request_packet ? opening->request_packet
            : connection                       ? connection->from_packet
                                               : pinfo->num,
            pinfo->num,
            opening ? opening->url.c_str() : "",
            connection ? connection->subprotocol.c_str() : ""};
}

bool is_open_at_end(const Session& session, const packet_info* pinfo) {
    return PINFO_FD_VISITED(pinfo) && session.transport.last_packet == pinfo->num && !session.transport.ended;
}

} // namespace

void keep_summary(Session& session, const packet_info* pinfo, const Connection* connection) {
    auto summary = std::make_unique<Transport::Summary>();
    summary->packet = pinfo->num;
    summary->opening = session.opening_of(connection);
    summary->connection = connection;
    if (connection) {
        summary->statistics = connection->statistics;
        summary->close = connection->decoder.first_close();
    }
    if (summary->opening || connection)
        session.transport.summary = std::move(summary);
}

std::optional<SummaryShown> summary_at(Session& session, const packet_info* pinfo) {
    if (const auto* of = session.transport.summary.get(); of && of->packet == pinfo->num)
        return SummaryShown{
            of->connection ? of->connection->stream : of->opening->stream, of->opening, of->connection,
            summary_of(of->opening, of->connection, of->connection ? &of->statistics : nullptr, of->close, pinfo, true)};
    const auto* connection = is_open_at_end(session, pinfo) ? session.connection_at(pinfo->num) : nullptr;
    if (!connection)
        return std::nullopt;
    const auto* opening = session.opening_of(connection);
    return SummaryShown{
        connection->stream, opening, connection,
        summary_of(opening, connection, &connection->statistics, connection->decoder.first_close(), pinfo, false)};
}

} // namespace ws
