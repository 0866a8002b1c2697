// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace wscap {

/// Throws std::runtime_error where the program file gives its callers rights that they do not have: options and environment
/// name programs to run and files to write, so that any user would have those rights for everything.
void refuse_lent_privileges();

/// Started by root itself, not through sudo: files must be opened before the privileges go.
bool plain_root();

/// Gives up for good what the caller has beyond an ordinary user: root becomes `user` (or, if that is empty,
/// the one who called sudo, or nobody), capabilities go. Throws std::runtime_error.
void drop_privileges(const std::string& user);

/// The same for a program that is to run as if its caller had started it: root, if that is who called, stays root. Throws
/// std::runtime_error.
void become_caller(const std::string& user);

/// Makes a file or folder that one's. Throws std::runtime_error.
void give_to_caller(const std::string& path, const std::string& user);

} // namespace wscap
