// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "options.hpp"

namespace wscap {

/// Captures or reads, selects and writes, as the options say. Returns the exit status; messages go to
/// standard error.
int run_capture(const Options& options);

/// --split: the same for many output files.
int run_split(const Options& options);

} // namespace wscap
