// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "byte_source.hpp"

namespace wscap {

/// Reads a descriptor, and unpacks what it reads if that is gzip (RFC 1952), of any number of members; passes on what is not as
/// it is. Every byte before damage comes out; then it throws std::runtime_error. What follows the last member is passed over, as
/// gzip does. Takes the descriptor over.
ReadBytes unpacked(int descriptor);

} // namespace wscap
