// SPDX-License-Identifier: GPL-2.0-or-later
#include "extcap_face.hpp"

#include "dumpcap.hpp"
#include "filter.hpp"

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

namespace wscap {
namespace {

struct Argument {
    const char *call, *display, *type, *group, *tooltip;
    const char* placeholder = nullptr; ///< Shown in a field that is empty; on a selector's button.
};

// https://www.wireshark.org/docs/wsdg_html_chunked/ChCaptureExtcap.html; each group is a tab of the dialog.
constexpr const char *connections = "Connections", *tls = "TLS";
constexpr Argument arguments[] = {
    {"--interface", "Interface", "selector", connections, "Where to capture; \"any\" takes every interface", "Look again"},
    {"--host", "Host", "string", connections, "Only upgrade requests with this Host; * and ? stand for any text",
     "every host, or *.example.com"},
    {"--path", "Path", "string", connections, "Only upgrade requests for this path; * and ? stand for any text",
     "every path, or /chat*"},
    {"--origin", "Origin", "string", connections, "Only upgrade requests with this Origin; * and ? stand for any text",
     "every origin, or https://example.com"},
    {"--midstream", "Running connections, too", "boolflag", connections,
     "Also take connections that were open before the capture, where their frames tell"},
    {"--all", "Everything", "boolflag", connections, "Keep all packets, not only those of WebSocket connections"},
    {"--tls", "TLS connections, too", "boolflag", tls, "wss: cannot be told from other TLS, so all are kept"},
    {"--sni", "Server name", "string", tls, "Only TLS connections to this server name; * and ? stand for any text",
     "every server, or *.example.com"},
    {"--keylog", "Key log file", "fileselect", tls,
     "SSLKEYLOGFILE of the client or server; the secrets of kept connections become part of the capture", "no secrets"},
};

/// Braces end a value in this language.
std::string plain(std::string text) {
    for (char& c : text)
        if (c == '{' || c == '}')
            c = ' ';
    return text;
}

/// What the dialog's Help button opens: the manual, beside the program or where it was installed; empty if it is not there.
std::string help_sentence() {
    std::error_code none;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", none);
    for (const auto& folder : {program.parent_path(), std::filesystem::path(WSCAP_DOC_FOLDER)}) {
        const auto manual = folder / "wscap.html";
        if (std::filesystem::is_regular_file(manual, none))
            return "{help=file://" + plain(manual.string()) + "}";
    }
    return {};
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
            std::printf("arg {number=%d}{call=%s}{display=%s}{type=%s}{group=%s}{tooltip=%s}%s%s%s%s%s\n", number, argument.call,
                        argument.display, argument.type, argument.group, argument.tooltip, selector ? "{reload=true}" : "",
                        argument.placeholder ? "{placeholder=" : "", argument.placeholder ? argument.placeholder : "",
                        argument.placeholder ? "}" : "",
                        std::string_view(argument.type) == "fileselect" ? "{mustexist=false}" : "");
        if (selector && (reload.empty() || argument.call == "--" + reload || argument.call == reload))
            print_interfaces(number);
        ++number;
    }
}

} // namespace

int answer_extcap(const Options& options) {
    if (options.action == Options::Action::extcap_interfaces) {
        std::printf("extcap {version=%s}{display=WebSocket conversations}%s\n"
                    "interface {value=wscap}{display=WebSocket conversations}\n",
                    WSCAP_VERSION, help_sentence().c_str());
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
