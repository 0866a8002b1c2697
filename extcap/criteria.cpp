// SPDX-License-Identifier: GPL-2.0-or-later
#include "criteria.hpp"

#include <algorithm>
#include <fnmatch.h>

namespace wscap {
namespace {

bool matches(const std::vector<std::string>& globs, std::string_view text, int flags) {
    const std::string name(text); // fnmatch wants it to end in a zero
    return std::any_of(globs.begin(), globs.end(),
                       [&](const std::string& glob) { return fnmatch(glob.c_str(), name.c_str(), flags) == 0; });
}

/// Without ":port"; the colons of an IPv6 address are inside its brackets.
std::string_view without_port(std::string_view host) {
    const auto colon = host.rfind(':');
    return colon == std::string_view::npos || host.find(']', colon) != std::string_view::npos ? host : host.substr(0, colon);
}

} // namespace

bool Criteria::accepts_request(std::string_view target, std::string_view host, std::string_view origin) const {
    // The absolute form of a target (to a proxy) names the host itself, and outweighs the header (RFC
    // 9112 3.2.2).
    if (const auto scheme = target.find("://"); scheme != std::string_view::npos && target.front() != '/') {
        const auto slash = target.find('/', scheme + 3);
        host = target.substr(scheme + 3, slash == std::string_view::npos ? slash : slash - scheme - 3);
        target = slash == std::string_view::npos ? "/" : target.substr(slash);
    }
    if (!hosts.empty() && !matches(hosts, host, FNM_CASEFOLD) && !matches(hosts, without_port(host), FNM_CASEFOLD))
        return false;
    if (!paths.empty() && !matches(paths, target, 0) && !matches(paths, target.substr(0, target.find('?')), 0))
        return false;
    return origins.empty() || matches(origins, origin, FNM_CASEFOLD);
}

bool Criteria::accepts_server_name(std::string_view name) const {
    return sni.empty() || matches(sni, name, FNM_CASEFOLD);
}

} // namespace wscap
