// SPDX-License-Identifier: GPL-2.0-or-later
#include "extcap_face.hpp"

#include "dumpcap.hpp"
#include "filter.hpp"

#include <cstdio>
#include <string_view>

namespace wscap {
namespace {

struct Argument {
    const char *call, *display, *type, *group, *tooltip;
};

// https://www.wireshark.org/docs/wsdg_html_chunked/ChCaptureExtcap.html
constexpr Argument arguments[] = {
    {"--interface", "Interface", "selector", "What", "Where to capture; \"any\" takes every interface"},
    {"--host", "Host", "string", "What", "Only upgrade requests with this Host; * and ? stand for any text"},
    {"--path", "Path", "string", "What", "Only upgrade requests for this path; * and ? stand for any text"},
    {"--origin", "Origin", "string", "What", "Only upgrade requests with this Origin; * and ? stand for any text"},
    {"--midstream", "Running connections, too", "boolflag", "What",
     "Also take connections that were open before the capture, where their frames tell"},
    {"--all", "Everything", "boolflag", "What", "Keep all packets, not only those of WebSocket connections"},
    {"--tls", "TLS connections, too", "boolflag", "TLS", "wss: cannot be told from other TLS, so all are kept"},
    {"--sni", "Server name", "string", "TLS", "Only TLS connections to this server name; * and ? stand for any text"},
    {"--keylog", "Key log file", "fileselect", "TLS",
     "SSLKEYLOGFILE of the client or server; the secrets of kept connections become part of the capture"},
};

/// Braces end a value in this language.
std::string plain(std::string text) {
    for (char& c : text)
        if (c == '{' || c == '}')
            c = ' ';
    return text;
}

void print_interfaces(int argument) {
    std::printf("value {arg=%d}{value=any}{display=any}{default=true}\n", argument);
    for (const auto& name : interface_names(ask_dumpcap({"-D", "-M"}))) {
        const auto interface = plain(name);
        if (interface != "any")
            std::printf("value {arg=%d}{value=%s}{display=%s}{default=false}\n", argument, interface.c_str(), interface.c_str());
    }
}

void print_config(const std::string& reload) {
    int number = 0;
    for (const Argument& argument : arguments) {
        const bool selector = std::string_view(argument.type) == "selector";
        if (reload.empty())
            std::printf("arg {number=%d}{call=%s}{display=%s}{type=%s}{group=%s}{tooltip=%s}%s%s\n", number, argument.call,
                        argument.display, argument.type, argument.group, argument.tooltip,
                        selector ? "{reload=true}{placeholder=Look again}" : "",
                        std::string_view(argument.type) == "fileselect" ? "{mustexist=false}" : "");
        if (selector && (reload.empty() || argument.call == "--" + reload || argument.call == reload))
            print_interfaces(number);
        ++number;
    }
}

} // namespace

int answer_extcap(const Options& options) {
    if (options.action == Options::Action::extcap_interfaces) {
        std::printf("extcap {version=%s}{display=WebSocket conversations}\n"
                    "interface {value=wscap}{display=WebSocket conversations}\n",
                    WSCAP_VERSION);
        return 0;
    }
    if (options.extcap_interface != extcap_interface_name) {
        std::fprintf(stderr, "wscap: there is no interface \"%s\"\n", options.extcap_interface.c_str());
        return 1;
    }
    if (options.action == Options::Action::extcap_dlts) {
        // The capture is pcapng, which says itself what its link types are; this is the usual one.
        std::puts("dlt {number=1}{name=EN10MB}{display=Ethernet}");
    } else if (options.action == Options::Action::extcap_config) {
        print_config(options.reload_option);
    } else if (const auto problem = filter_problem(options.capture_filter); !problem.empty()) {
        std::puts(problem.c_str()); // Wireshark takes any word for "invalid"
    }
    return 0;
}

} // namespace wscap
