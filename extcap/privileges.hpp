// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace wscap {

/// Started by root itself, not through sudo: files must be opened before the privileges go.
bool plain_root();

/// Gives up for good what the caller has beyond an ordinary user: root becomes `user` (or, if that is empty,
/// the one who called sudo, or nobody), capabilities and set-user-id go. Throws std::runtime_error.
void drop_privileges(const std::string& user);

} // namespace wscap
