// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "criteria.hpp"
#include "selector.hpp"
#include "writer.hpp"

#include <optional>

namespace wscap {

/// When to begin a new file, or to stop. 0 means never.
struct Thresholds {
    std::uint64_t seconds = 0;
    std::uint64_t kilobytes = 0; ///< Of 1000 bytes, as dumpcap counts.
    std::uint64_t packets = 0;   ///< Kept ones.
    std::uint64_t files = 0;
    std::uint64_t interval = 0; ///< Seconds; new files at round times of the clock.
};

/// What Wireshark calls us.
constexpr char extcap_interface_name[] = "wscap";

/// The command line.
struct Options {
    enum class Action : std::uint8_t {
        capture,
        help,
        version,
        list_interfaces,
        list_link_types,
        extcap_interfaces,
        extcap_dlts,
        extcap_config,
        extcap_filter,
    };

    Action action = Action::capture;
    std::vector<std::string> interfaces;
    std::string read_file, write_file; ///< "-" is standard input or output.
    std::string capture_filter;
    std::vector<std::string> dumpcap; ///< Options that dumpcap understands and wscap only passes on.
    Format format = Format::pcapng;
    Criteria criteria;
    Limits limits;
    Thresholds stop, ring;
    bool use_ring = false;
    bool quiet = false;
    bool print = false;
    bool whole_messages = false; ///< -A
    std::string display_filter;
    std::string key_log;
    std::vector<std::string> command; ///< Of "run".
    bool preload = false;             ///< Have OpenSSL log its secrets in that program.
    std::uint64_t split = 0;
    std::string user; ///< To become when started as root; empty means the one of sudo, or nobody.

    bool extcap = false; ///< Called by Wireshark.
    std::string extcap_interface;
    std::string reload_option;
};

/// Throws std::invalid_argument with a message for people.
Options parse_options(int count, char** words);

void print_help();

} // namespace wscap
