// SPDX-License-Identifier: GPL-2.0-or-later
#include "taps/command.hpp"

#include "wireshark/protocol.hpp"

#include <wsutil/report_message.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace ws {
namespace {

std::string_view rest_of(std::string_view given, std::string_view command) {
    given.remove_prefix(std::min(command.size(), given.size()));
    if (given.starts_with(','))
        given.remove_prefix(1);
    return given;
}

} // namespace

CommandArguments arguments_with_file(std::string_view given, std::string_view command) {
    const auto rest = rest_of(given, command);
    const bool is_path = rest.starts_with('/') || rest.starts_with('.');
    if (!rest.empty() && !is_path && is_display_filter(std::string(rest).c_str()))
        return {"", std::string(rest)};
    const auto comma = std::min(rest.find(','), rest.size());
    return {std::string(rest.substr(0, comma)), std::string(rest.substr(std::min(comma + 1, rest.size())))};
}

std::string filter_argument(std::string_view given, std::string_view command) {
    return std::string(rest_of(given, command));
}

void fail(const std::string& why) {
    report_failure("%s", why.c_str());
    std::exit(1);
}

Output::Output(const std::string& file) : name_(file) {
    if (file.empty() || file == "-")
        return;
    file_.reset(std::fopen(file.c_str(), "w"));
    if (!file_)
        fail("\"" + file + "\" cannot be written: " + std::strerror(errno));
}

std::FILE* Output::stream() {
    if (file_ && obsolete_ && ftruncate(fileno(file_.get()), 0) == 0)
        std::rewind(file_.get());
    obsolete_ = false;
    return file_ ? file_.get() : stdout;
}

void Output::flush() {
    if (std::fflush(stream()) != 0 || std::ferror(stream()))
        report_failure("%s could not be written to the end", file_ ? name_.c_str() : "The output");
}

Ends ends_of(packet_info* pinfo, Direction direction) {
    const std::string source = with_port(pinfo, pinfo->src, pinfo->srcport);
    const std::string destination = with_port(pinfo, pinfo->dst, pinfo->destport);
    return direction == Direction::client_to_server ? Ends{source, destination} : Ends{destination, source};
}

std::vector<std::string_view> names_of(const Violations& violations) {
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < violation_table().size(); ++i)
        if (violations.has(static_cast<Violation>(i)))
            names.push_back(violation_table()[i].name);
    return names;
}

std::string in_epoch(std::int64_t nanoseconds) {
    char text[40];
    std::snprintf(text, sizeof text, "%" PRId64 ".%09" PRId64, nanoseconds / 1000000000, nanoseconds % 1000000000);
    return text;
}

void register_command(const char* title, const char* command, void (*begin)(const char* given)) {
    stat_tap_ui ui{REGISTER_PACKET_STAT_GROUP_UNSORTED, title, command, begin_command, 0, nullptr};
    register_stat_tap_ui(&ui, reinterpret_cast<void*>(begin));
}

} // namespace ws
