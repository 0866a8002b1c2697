// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace wscap {

/// Why a tshark that does not know `ws` may not: its words for the user, of one line or two. `tshark`: the program.
std::string hint_about_plugin(const char* tshark);

/// The same from what `tshark -G folders` said. As root personal plugins are ignored.
std::string hint_about_plugin(const std::string& folders, bool as_root);

} // namespace wscap
