// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wscap {

/// Which connections to keep. A list of globs is met by any one of them; an empty list by everything.
struct Criteria {
    std::vector<std::string> hosts;   ///< Host header, with or without its port; case does not matter.
    std::vector<std::string> paths;   ///< Request target, with or without its query.
    std::vector<std::string> origins; ///< Origin header; case does not matter.
    std::vector<std::string> sni;     ///< Server name of TLS; case does not matter.
    bool midstream = false;           ///< Also connections that ran before the capture began.
    bool tls = false;                 ///< Also TLS connections,
    bool known_secrets = false;       ///< but only those whose secrets are known.
    bool all = false;                 ///< Every packet, TCP or not.

    bool narrowed() const { return !hosts.empty() || !paths.empty() || !origins.empty(); }

    bool accepts_request(std::string_view target, std::string_view host, std::string_view origin) const;
    bool accepts_server_name(std::string_view name) const;
};

} // namespace wscap
