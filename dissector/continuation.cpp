// SPDX-License-Identifier: GPL-2.0-or-later
#include "continuation.hpp"

#include <algorithm>

namespace ws {

bool Continuation::completes(Bytes message) const {
    const auto waiting = as_text(Bytes(log_).subspan(from_));
    if (size_)
        return waiting.size() + message.size() >= size_;
    const auto brought = as_text(message);
    if (until_.empty() || brought.find(until_) != std::string_view::npos)
        return true;
    for (std::size_t i = 1; i < until_.size(); ++i)
        if (waiting.ends_with(until_.substr(0, i)) && brought.starts_with(until_.substr(i)))
            return true;
    return false;
}

std::optional<Bytes> Continuation::next(Bytes message, std::uint32_t number, std::uint32_t packet, bool keep,
                                        const Arena& arena) {
    const auto before = number_;
    number_ = number;
    keep_ = keep;
    joined_ = 0;
    if (!waits_)
        return message;
    if (keep)
        pieces_[before].goes_on_in = packet;
    if (!completes(message)) {
        log_.insert(log_.end(), message.begin(), message.end());
        if (keep)
            pieces_[number].waits = true;
        if (log_.size() - from_ > longest)
            forget();
        return std::nullopt;
    }
    waits_ = false;
    joined_ = log_.size() - from_;
    if (keep)
        pieces_[number] = {from_, log_.size()};
    return arena.copy(Bytes(log_).subspan(from_), message);
}

void Continuation::leave(Bytes data, std::size_t from, const Awaited& awaited) {
    const auto left = data.subspan(from);
    // What came has completed nothing: whoever asks for one more byte each time is followed so far, and no further.
    const bool in_vain = joined_ && !from;
    tries_ = in_vain ? tries_ + (left.size() > longest_tried) : 0;
    if (left.empty() || std::max(left.size(), awaited.size) > longest || tries_ > most_tries)
        return forget();
    if (!keep_) {
        log_.assign(left.begin(), left.end());
        from_ = 0;
    } else if (from < joined_) { // it waited before: only what came is new
        from_ += from;
        log_.insert(log_.end(), data.begin() + static_cast<std::ptrdiff_t>(joined_), data.end());
    } else {
        from_ = log_.size();
        log_.insert(log_.end(), left.begin(), left.end());
    }
    waits_ = true;
    size_ = awaited.size;
    until_ = awaited.until;
}

void Continuation::forget() {
    waits_ = false;
    joined_ = 0;
    tries_ = 0;
    if (!keep_)
        std::vector<std::uint8_t>().swap(log_);
}

std::optional<Bytes> Continuation::again(Bytes message, std::uint32_t number, const Arena& arena) const {
    const auto it = pieces_.find(number);
    if (it == pieces_.end() || (!it->second.waits && it->second.begin == it->second.end))
        return message;
    if (it->second.waits)
        return std::nullopt;
    return arena.copy(Bytes(log_).subspan(it->second.begin, it->second.end - it->second.begin), message);
}

std::uint32_t Continuation::goes_on_in(std::uint32_t number) const {
    const auto it = pieces_.find(number);
    return it == pieces_.end() ? 0 : it->second.goes_on_in;
}

} // namespace ws
