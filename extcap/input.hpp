// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "reader.hpp"

namespace wscap {

/// Opens a file for reading, "-" being standard input, without looking into it. Throws std::runtime_error.
int open_for_reading(const std::string& path);

/// Reads a capture of any format, compressed by gzip or not. Takes the descriptor over; `path` is for
/// messages. Throws std::runtime_error with a message for people.
std::unique_ptr<Reader> open_capture(int descriptor, const std::string& path, std::vector<Interface>& interfaces);

} // namespace wscap
