// SPDX-License-Identifier: GPL-2.0-or-later
#include "options.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <getopt.h>
#include <stdexcept>

namespace wscap {
namespace {

enum Long : int {
    host = 256,
    path,
    origin,
    midstream,
    tls,
    sni,
    all,
    keylog,
    preload,
    print,
    split,
    wait_connection,
    wait_total,
    time_stamp_type,
    extcap_interfaces,
    extcap_interface,
    extcap_dlts,
    extcap_config,
    extcap_version,
    extcap_capture_filter,
    extcap_reload_option,
    capture,
    fifo,
};

const option long_options[] = {
    {"interface", required_argument, nullptr, 'i'},
    {"read-file", required_argument, nullptr, 'r'},
    {"write-file", required_argument, nullptr, 'w'},
    {"snapshot-length", required_argument, nullptr, 's'},
    {"autostop", required_argument, nullptr, 'a'},
    {"ring-buffer", required_argument, nullptr, 'b'},
    {"buffer-size", required_argument, nullptr, 'B'},
    {"linktype", required_argument, nullptr, 'y'},
    {"no-promiscuous-mode", no_argument, nullptr, 'p'},
    {"monitor-mode", no_argument, nullptr, 'I'},
    {"list-interfaces", no_argument, nullptr, 'D'},
    {"list-data-link-types", no_argument, nullptr, 'L'},
    {"time-stamp-type", required_argument, nullptr, time_stamp_type},
    {"relinquish-privileges", required_argument, nullptr, 'Z'},
    {"help", no_argument, nullptr, 'h'},
    {"version", no_argument, nullptr, 'v'},
    {"host", required_argument, nullptr, host},
    {"path", required_argument, nullptr, path},
    {"origin", required_argument, nullptr, origin},
    {"midstream", no_argument, nullptr, midstream},
    {"tls", no_argument, nullptr, tls},
    {"sni", required_argument, nullptr, sni},
    {"all", no_argument, nullptr, all},
    {"keylog", required_argument, nullptr, keylog},
    {"preload", no_argument, nullptr, preload},
    {"print", no_argument, nullptr, print},
    {"split", required_argument, nullptr, split},
    {"wait-connection", required_argument, nullptr, wait_connection},
    {"wait-total", required_argument, nullptr, wait_total},
    {"extcap-interfaces", no_argument, nullptr, extcap_interfaces},
    {"extcap-interface", required_argument, nullptr, extcap_interface},
    {"extcap-dlts", no_argument, nullptr, extcap_dlts},
    {"extcap-config", no_argument, nullptr, extcap_config},
    {"extcap-version", optional_argument, nullptr, extcap_version},
    {"extcap-capture-filter", required_argument, nullptr, extcap_capture_filter},
    {"extcap-reload-option", required_argument, nullptr, extcap_reload_option},
    {"capture", no_argument, nullptr, capture},
    {"fifo", required_argument, nullptr, fifo},
    {nullptr, 0, nullptr, 0},
};

constexpr std::uint64_t largest_number = 0x7FFFFFFF; // as dumpcap takes them; in KiB or seconds, too, far from wrapping

std::uint64_t number(std::string_view text, const std::string& of) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value == 0 || value > largest_number)
        throw std::invalid_argument("\"" + std::string(text) + "\" is not a number above 0 and up to " +
                                    std::to_string(largest_number) + " for " + of);
    return value;
}

/// "duration:60" and the like.
void threshold(std::string_view text, const std::string& option, bool ring, Thresholds& thresholds) {
    const auto colon = text.find(':');
    const auto name = text.substr(0, colon);
    const std::pair<std::string_view, std::uint64_t*> known[] = {
        {"duration", &thresholds.seconds},
        {"filesize", &thresholds.kilobytes},
        {"files", &thresholds.files},
        {"packets", &thresholds.packets},
        {"interval", ring ? &thresholds.interval : nullptr},
    };
    for (const auto& [known_name, value] : known)
        if (colon != std::string_view::npos && value && name == known_name) {
            *value = number(text.substr(colon + 1), option + " " + std::string(name));
            return;
        }
    throw std::invalid_argument("\"" + std::string(text) + "\" is not a condition for " + option +
                                "; there are duration:, filesize:, files:, packets:" + (ring ? ", interval:" : ""));
}

/// In the dialog one field may hold several globs.
void add_globs(std::vector<std::string>& to, std::string_view text, bool several) {
    while (several && !text.empty()) {
        const auto end = std::min(text.find_first_of(", "), text.size());
        if (end)
            to.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (!several)
        to.emplace_back(text);
}

void check(const Options& options) {
    if (options.action != Options::Action::capture)
        return;
    if (!options.read_file.empty() && !options.interfaces.empty())
        throw std::invalid_argument("-r reads a file and -i captures: choose one");
    if (options.extcap && options.extcap_interface != extcap_interface_name)
        throw std::invalid_argument("there is no interface \"" + options.extcap_interface + "\"");
    if (options.write_file.empty() && options.extcap)
        throw std::invalid_argument("--capture needs --fifo");
    if (options.preload && options.command.empty())
        throw std::invalid_argument("--preload is for a program that wscap starts: wscap run --preload -- PROGRAM");
    if (!options.command.empty() && (!options.read_file.empty() || !options.key_log.empty() || options.format == Format::pcap))
        throw std::invalid_argument("run captures, keeps the secrets itself, and writes pcapng: leave out -r, --keylog and -P");
    if (options.use_ring && (options.write_file.empty() || options.write_file == "-"))
        throw std::invalid_argument("-b needs -w with the name of a file");
    if (options.use_ring && !options.ring.seconds && !options.ring.kilobytes && !options.ring.packets && !options.ring.interval)
        throw std::invalid_argument("-b files: needs a second -b that says when a file is full");
    if (options.split && (options.read_file.empty() || options.read_file == "-" || options.write_file.empty() ||
                          options.write_file == "-" || options.use_ring))
        throw std::invalid_argument("--split needs -r and -w with names of files");
    if (options.format == Format::pcap && !options.key_log.empty())
        throw std::invalid_argument("pcap files hold no secrets: --keylog needs pcapng (without -P)");
}

} // namespace

Options parse_options(int count, char** words) {
    Options options;
    for (int i = 1; i < count; ++i)
        options.extcap = options.extcap || std::string_view(words[i]).starts_with("--extcap-interface=") ||
                         std::strcmp(words[i], "--extcap-interface") == 0;
    const bool runs = count > 1 && std::strcmp(words[1], "run") == 0;
    if (runs) {
        const std::vector<std::string> all(words + 1, words + count);
        const auto dashes = std::find(all.begin(), all.end(), "--");
        if (all.end() - dashes < 2)
            throw std::invalid_argument("run needs the program after two dashes: wscap run [options] -- PROGRAM [ARGUMENT ...]");
        options.command.assign(dashes + 1, all.end());
        count = static_cast<int>(dashes - all.begin());
        ++words;
    }
    opterr = 0;
    optind = 1;
    for (;;) {
        const int at = optind;
        // '+' would stop at the first filter word; like tcpdump, options may also follow it.
        const int code = getopt_long(count, words, ":i:r:w:f:s:c:a:b:B:y:Y:Z:AIDLPpqvhnU", long_options, nullptr);
        if (code == -1)
            break;
        const std::string value = optarg ? optarg : "";
        switch (code) {
        case 'i': options.interfaces.push_back(value); break;
        case 'r': options.read_file = value; break;
        case 'w': options.write_file = value; break;
        case 'f': options.capture_filter = value; break;
        case 's':
            number(value, "-s");
            options.dumpcap.insert(options.dumpcap.end(), {"-s", value});
            break;
        case 'c': options.stop.packets = number(value, "-c"); break;
        case 'a': threshold(value, "-a", false, options.stop); break;
        case 'b':
            threshold(value, "-b", true, options.ring);
            options.use_ring = true;
            break;
        case 'B':
        case 'y': options.dumpcap.insert(options.dumpcap.end(), {std::string{'-', static_cast<char>(code)}, value}); break;
        case 'p':
        case 'I': options.dumpcap.push_back(std::string{'-', static_cast<char>(code)}); break;
        case time_stamp_type: options.dumpcap.insert(options.dumpcap.end(), {"--time-stamp-type", value}); break;
        case 'n': options.format = Format::pcapng; break;
        case 'U': break; // every packet is written out at once when there is no other
        case 'P': options.format = Format::pcap; break;
        case 'q': options.quiet = true; break;
        case 'A': options.whole_messages = true; [[fallthrough]];
        case print: options.print = true; break;
        case 'Y': options.display_filter = value; break;
        case 'Z': options.user = value; break;
        case 'D': options.action = Options::Action::list_interfaces; break;
        case 'L': options.action = Options::Action::list_link_types; break;
        case 'h': options.action = Options::Action::help; return options;
        case 'v': options.action = Options::Action::version; return options;
        case host: add_globs(options.criteria.hosts, value, options.extcap); break;
        case path: add_globs(options.criteria.paths, value, options.extcap); break;
        case origin: add_globs(options.criteria.origins, value, options.extcap); break;
        case sni: add_globs(options.criteria.sni, value, options.extcap); [[fallthrough]];
        case tls: options.criteria.tls = true; break;
        case midstream: options.criteria.midstream = true; break;
        case all: options.criteria.all = true; break;
        case keylog:
            options.key_log = value;
            options.criteria.tls = true;
            break;
        case preload: options.preload = true; break;
        case split: options.split = number(value, "--split"); break;
        case wait_connection: options.limits.connection = number(value, "--wait-connection") << 10; break;
        case wait_total: options.limits.total = number(value, "--wait-total") << 20; break;
        case extcap_interfaces: options.action = Options::Action::extcap_interfaces; break;
        case extcap_dlts: options.action = Options::Action::extcap_dlts; break;
        case extcap_config: options.action = Options::Action::extcap_config; break;
        case extcap_version: // Wireshark's version, beside another question; on its own a question for ours
            if (options.action == Options::Action::capture)
                options.action = Options::Action::extcap_interfaces;
            break;
        case extcap_interface:
            options.extcap_interface = value;
            options.extcap = true;
            break;
        case extcap_capture_filter:
            options.capture_filter = value;
            options.extcap = true;
            if (options.action == Options::Action::capture)
                options.action = Options::Action::extcap_filter;
            break;
        case extcap_reload_option: options.reload_option = value; break;
        case capture:
            options.action = Options::Action::capture;
            options.extcap = true;
            break;
        case fifo:
            options.write_file = value;
            options.extcap = true;
            break;
        case ':': throw std::invalid_argument(std::string(words[optind - 1]) + " needs a value");
        default: throw std::invalid_argument(std::string("unknown option ") + words[std::min(at, count - 1)]);
        }
    }
    std::string trailing;
    for (int i = optind; i < count; ++i)
        trailing += (trailing.empty() ? "" : " ") + std::string(words[i]);
    if (!trailing.empty()) {
        if (!options.capture_filter.empty())
            throw std::invalid_argument("a filter by -f and another one after the options: \"" + trailing + "\"");
        options.capture_filter = trailing;
    }
    // The filter's validation ends where a capture is asked for, whatever the order of the options.
    for (int i = 1; i < count; ++i)
        if (std::strcmp(words[i], "--capture") == 0)
            options.action = Options::Action::capture;
    if (!options.display_filter.empty())
        options.print = true;
    if (options.action == Options::Action::capture && options.write_file.empty())
        options.print = true;
    check(options);
    if (runs) {
        if (options.interfaces.empty())
            options.interfaces = {"any"};
        options.criteria.known_secrets = !options.criteria.tls;
        options.criteria.tls = true;
    }
    return options;
}

void print_help() {
    std::fputs(
        R"(wscap captures whole WebSocket conversations, on every port at once, and nothing else.

Usage: wscap [options] [capture filter]
       wscap run [options] [capture filter] -- PROGRAM [ARGUMENT ...]
                             start a program, capture until it ends, and keep with its TLS
                             connections the secrets that open them

Where from (live packets come from dumpcap; it says which interfaces -i may name):
  -i, --interface NAME       capture there; may be repeated, "any" for all
  -r, --read-file FILE       read a capture file instead, also gzip'd; - for standard input
  -D, --list-interfaces      list the interfaces
  -L, --list-data-link-types list the link types of the interface
  -f FILTER                  only what this capture filter (pcap-filter(7)) lets through
  -s, -B, -y, -p, -I, --time-stamp-type
                             as dumpcap's: snapshot length, kernel buffer, link type,
                             no promiscuous mode, monitor mode, time stamps
Where to:
  -w, --write-file FILE      write pcapng; - for standard output
  -P                         write pcap instead
  --print                    show one line per message (the default without -w)
  -A                         show whole messages
  -Y FILTER                  show only what this display filter lets through
  -a, --autostop duration:S | filesize:kB | files:N | packets:N
  -b, --ring-buffer duration:S | filesize:kB | files:N | packets:N | interval:S
  -c N                       stop after N kept packets
  -q                         no progress line
What to keep (a GLOB may be given several times; any of them will do):
  --host GLOB                upgrade requests with this Host
  --path GLOB                upgrade requests for this path
  --origin GLOB              upgrade requests with this Origin
  --tls                      TLS connections, too
  --sni GLOB                 TLS connections to this server name, too
  --midstream                WebSocket connections that already run, too
  --all                      everything
  --wait-connection KiB      memory for the undecided packets of a connection (64)
  --wait-total MiB           memory for all undecided packets and connections (55)
Secrets:
  --keylog FILE              follow this SSLKEYLOGFILE and write the secrets of kept
                             connections into the capture; implies --tls
  --preload                  with run: also for programs on OpenSSL that know nothing of
                             SSLKEYLOGFILE (LD_PRELOAD)
Many machines or cores:
  --split N                  with -r and -w: write N files of whole connections
Other:
  -Z USER                    become this user when started as root (sudo's caller, or nobody)
  -h, --help                 this text
  -v, --version              the version
)",
        stdout);
}

} // namespace wscap
