// SPDX-License-Identifier: GPL-2.0-or-later
// One row for each connection: tshark -z ws,sessions[,FILTER].
#include "taps/command.hpp"
#include "taps/session_rows.hpp"
#include "taps/taps.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace ws {
namespace {

constexpr char command[] = "ws,sessions";

constexpr std::size_t count = std::size(session_columns);
using Cells = std::array<std::string, count>;

std::string in_seconds(double seconds) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f", seconds);
    return text;
}

Cells cells_of(const SessionRow& row) {
    return {std::to_string(row.stream),
            row.client,
            row.server,
            row.url,
            row.subprotocol,
            in_seconds(row.start),
            in_seconds(row.duration),
            std::to_string(row.messages[0]),
            std::to_string(row.messages[1]),
            std::to_string(row.bytes[0]),
            std::to_string(row.bytes[1]),
            row.ratio,
            row.round_trip,
            row.closed_by,
            row.code,
            row.diagnoses};
}

/// Columns that it takes on a terminal.
std::size_t width_of(const std::string& text) {
    std::size_t width = 0;
    for (const char* at = text.c_str(); *at; at = g_utf8_next_char(at)) {
        const auto c = g_utf8_get_char(at);
        width += g_unichar_iszerowidth(c) ? 0U : g_unichar_iswide(c) ? 2U : 1U;
    }
    return width;
}

class Sessions {
  public:
    explicit Sessions(std::string filter) : filter_(std::move(filter)) {}
    void add(packet_info* pinfo, const Tapped& tapped) { rows_.add(pinfo, tapped); }
    void restart() { rows_.clear(); }
    void write() const {
        std::vector<Cells> lines{Cells{}};
        std::transform(std::begin(session_columns), std::end(session_columns), lines[0].begin(),
                       [](const SessionColumn& column) { return column.title; });
        for (const auto& row : rows_.rows())
            lines.push_back(cells_of(row));
        std::array<std::size_t, count> widths{};
        for (const auto& line : lines)
            for (std::size_t i = 0; i < count; ++i)
                widths[i] = std::max(widths[i], width_of(line[i]));
        std::printf("WebSocket sessions%s%s\n", filter_.empty() ? "" : ", filter: ", filter_.c_str());
        for (const auto& line : lines)
            std::printf("%s\n", aligned(line, widths).c_str());
        std::fflush(stdout);
    }

  private:
    static std::string aligned(const Cells& line, const std::array<std::size_t, count>& widths) {
        std::string text;
        for (std::size_t i = 0; i < count; ++i) {
            const std::string blanks(widths[i] - width_of(line[i]), ' ');
            text += session_columns[i].number ? blanks + line[i] : line[i] + blanks;
            text += "  ";
        }
        return text.substr(0, text.find_last_not_of(' ') + 1);
    }

    SessionRows rows_;
    std::string filter_;
};

void begin(const char* given) {
    auto filter = filter_argument(given, command);
    listen(std::make_unique<Sessions>(filter), filter);
}

} // namespace

void register_sessions() {
    register_command("WebSocket sessions", command, begin);
}

} // namespace ws
