// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "options.hpp"

namespace wscap {

/// Answers Wireshark's questions (--extcap-…, see extcap(4)) on standard output. Returns the exit status.
int answer_extcap(const Options& options);

} // namespace wscap
