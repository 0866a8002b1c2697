// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "http_head.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace ws {

/// What the peer said, inside a sentence: printable, on one line, at most 120 bytes.
std::string quote(std::string_view text);

/// A URL without what may be secret in it: user, password, query and fragment are cut.
std::string quote_url(std::string_view url);

/// The first line with words of a body, without tags of HTML; what could be a token is cut. Empty: it has no text.
std::string quote_body(std::string_view body);

/// The value of a header field, or nothing.
std::string quote_field(const HttpHead& head, std::string_view name);

/// "60.000 s"
std::string in_seconds(std::int64_t nanoseconds);
/// "60.0 s", for where there is little room.
std::string in_tenths(std::int64_t nanoseconds);

} // namespace ws
