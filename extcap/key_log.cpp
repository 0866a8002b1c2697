// SPDX-License-Identifier: GPL-2.0-or-later
#include "key_log.hpp"

#include <algorithm>
#include <cctype>

namespace wscap {
namespace {

constexpr std::size_t longest_line = 1024; // bytes; the longest in use have about 300

std::string hex(const ClientRandom& random) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const auto byte : random) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

} // namespace

void KeyLog::add(std::string_view text) {
    while (!text.empty()) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) {
            if (partial_.size() + text.size() <= longest_line)
                partial_ += text;
            return;
        }
        partial_ += text.substr(0, end);
        text.remove_prefix(end + 1);
        add_line(partial_);
        partial_.clear();
    }
}

/// "LABEL client-random secret"
void KeyLog::add_line(std::string_view line) {
    while (!line.empty() && line.back() == '\r')
        line.remove_suffix(1);
    const auto space = line.find(' ');
    if (line.empty() || line[0] == '#' || space == std::string_view::npos)
        return;
    std::string random(line.substr(space + 1, 64));
    const auto is_hex = [](unsigned char c) { return std::isxdigit(c); };
    if (random.size() != 64 || !std::all_of(random.begin(), random.end(), is_hex) || line.substr(space + 65, 1) != " ")
        return;
    std::transform(random.begin(), random.end(), random.begin(), [](unsigned char c) { return std::tolower(c); });
    const std::string whole = std::string(line) + '\n';
    if (all_ || wanted_.contains(random)) {
        wanted_lines_ += whole;
        return;
    }
    const auto [found, fresh] = unasked_.try_emplace(random);
    if (fresh)
        found->second = by_age_.insert(by_age_.end(), {random, {}});
    found->second->text += whole;
    held_ += whole.size();
    while (held_ > limit_)
        forget(by_age_.begin());
}

void KeyLog::forget(ByAge::iterator lines) {
    held_ -= lines->text.size();
    unasked_.erase(lines->random);
    by_age_.erase(lines);
}

bool KeyLog::knows(const ClientRandom& random) const {
    return unasked_.contains(hex(random));
}

void KeyLog::want(const ClientRandom& random) {
    const auto name = hex(random);
    if (wanted_.insert(name).second)
        wanted_by_age_.push_back(name);
    if (wanted_.size() > most_wanted_) {
        wanted_.erase(wanted_by_age_.front());
        wanted_by_age_.pop_front();
    }
    if (const auto found = unasked_.find(name); found != unasked_.end()) {
        wanted_lines_ += found->second->text;
        forget(found->second);
    }
}

} // namespace wscap
