// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture.hpp"
#include "dumpcap.hpp"
#include "extcap_face.hpp"
#include "privileges.hpp"

#include <cstdio>
#include <pcap/pcap.h>
#include <stdexcept>

namespace {

constexpr int failure = 1, wrong_usage = 2;

int run_list(const wscap::Options& options, const char* what) {
    std::vector<std::string> words{what};
    for (const auto& interface : options.interfaces)
        words.insert(words.end(), {"-i", interface});
    return wscap::run_dumpcap(words);
}

int run(const wscap::Options& options) {
    using Action = wscap::Options::Action;
    switch (options.action) {
    case Action::help: wscap::print_help(); return 0;
    case Action::version: std::printf("wscap %s, %s\n", WSCAP_VERSION, pcap_lib_version()); return 0;
    case Action::list_interfaces: return run_list(options, "-D");
    case Action::list_link_types: return run_list(options, "-L");
    case Action::capture: return options.split ? wscap::run_split(options) : wscap::run_capture(options);
    default: return wscap::answer_extcap(options);
    }
}

} // namespace

int main(int count, char** words) {
    wscap::Options options;
    try {
        wscap::refuse_lent_privileges();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "wscap: %s\n", error.what());
        return failure;
    }
    try {
        options = wscap::parse_options(count, words);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "wscap: %s\nTry wscap --help.\n", error.what());
        return wrong_usage;
    }
    try {
        return run(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "wscap: %s\n", error.what());
        return failure;
    }
}
