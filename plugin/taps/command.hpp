// SPDX-License-Identifier: GPL-2.0-or-later
// What the plugin's commands for -z share: -z ws,NAME[,FILE][,FILTER].
#pragma once

#include "state/tapped.hpp"

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ws {

struct CommandArguments {
    std::string file; ///< Empty: none.
    std::string filter;
};

/// `given`: the whole of it; `command`: "ws,NAME". What is a display filter as a whole is the filter, unless it begins like a
/// path; else the file ends at the first comma.
CommandArguments arguments_with_file(std::string_view given, std::string_view command);

/// Of a command without a file: all of the rest is the filter, as it may have commas.
std::string filter_argument(std::string_view given, std::string_view command);

/// Says why the command cannot be carried out, and ends the program, as Wireshark's own commands do.
[[noreturn]] void fail(const std::string& why);

/// Where a command writes: a file that is closed at the end, or stdout.
class Output {
  public:
    /// "" and "-" are stdout. Fails if the file cannot be written.
    explicit Output(const std::string& file);

    std::FILE* stream();
    /// What was written so far is obsolete as soon as there is more: Wireshark begins again also where it only closes the
    /// capture.
    void restart() { obsolete_ = true; }
    /// All is written, or it is said that it is not.
    void flush();

  private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::string name_;
    bool obsolete_ = false;
    std::unique_ptr<std::FILE, Close> file_;
};

/// Calls `T::add(packet_info*, const Tapped&)` for each event of packets that the filter passes, `T::restart()` before it begins
/// again, and `T::write()` at the end. Fails where the filter is none.
template <class T>
void listen(std::unique_ptr<T> command, const std::string& filter) {
    auto* error = register_tap_listener(
        "ws", command.release(), filter.empty() ? nullptr : filter.c_str(), TL_REQUIRES_NOTHING,
        [](void* data) { static_cast<T*>(data)->restart(); },
        [](void* data, packet_info* pinfo, epan_dissect_t*, const void* tapped, tap_flags_t) {
            static_cast<T*>(data)->add(pinfo, *static_cast<const Tapped*>(tapped));
            return TAP_PACKET_REDRAW;
        },
        [](void* data) { static_cast<T*>(data)->write(); }, [](void* data) { delete static_cast<T*>(data); });
    if (error)
        fail(error->str);
}

/// "10.0.0.1:50000" or "[::1]:80".
struct Ends {
    std::string client;
    std::string server;
};
Ends ends_of(packet_info* pinfo, Direction direction);

/// Of the rules that are broken, as ws.violation has them.
std::vector<std::string_view> names_of(const Violations& violations);

/// "1795380728.471461296"
std::string in_epoch(std::int64_t nanoseconds);

/// Registers "-z COMMAND…"; `begin` gets all that was given.
void register_command(const char* title, const char* command, void (*begin)(const char* given));

} // namespace ws
