// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

namespace ws {

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// Equal, with ASCII letters of either case alike.
constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size())
        return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] != b[i] && lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

constexpr bool contains_ignoring_case(std::string_view text, std::string_view part) {
    for (std::size_t at = 0; at + part.size() <= text.size(); ++at)
        if (equal_ignoring_case(text.substr(at, part.size()), part))
            return true;
    return false;
}

} // namespace ws
