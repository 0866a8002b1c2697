// SPDX-License-Identifier: GPL-2.0-or-later
#include "files.hpp"

#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace wscap {

int open_for_writing(const std::string& name) {
    if (name == "-")
        return STDOUT_FILENO;
    const int descriptor = open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0)
        throw std::system_error(errno, std::generic_category(), name);
    return descriptor;
}

std::string numbered(const std::string& name, std::uint64_t number, const std::string& after) {
    const auto slash = name.rfind('/');
    auto dot = name.rfind('.');
    if (dot == std::string::npos || dot == 0 || (slash != std::string::npos && dot < slash + 2))
        dot = name.size();
    auto digits = std::to_string(number);
    digits.insert(0, digits.size() < 5 ? 5 - digits.size() : 0, '0');
    return name.substr(0, dot) + "_" + digits + after + name.substr(dot);
}

Files::Files(const Options& options, const std::vector<Interface>& interfaces, FileKeeper* keeper)
    : options_(options), interfaces_(interfaces), keeper_(keeper) {
    open_next();
}

std::string Files::next_name() {
    if (!options_.use_ring)
        return options_.write_file;
    char time[32];
    const auto now = Clock::to_time_t(Clock::now());
    std::tm local{};
    std::strftime(time, sizeof time, "_%Y%m%d%H%M%S", localtime_r(&now, &local));
    return numbered(options_.write_file, files_ + 1, time);
}

void Files::open_next() {
    if (writer_)
        writer_->close();
    const auto before = packets();
    const auto name = next_name();
    const int descriptor = keeper_ ? keeper_->open(name) : open_for_writing(name);
    writer_ = std::make_unique<Writer>(descriptor, name, options_.format, interfaces_);
    closed_packets_ = before;
    writer_->secrets(secrets_);
    names_.push_back(name);
    ++files_;
    opened_ = Clock::now();
    if (options_.use_ring && options_.ring.files && names_.size() > options_.ring.files) {
        if (keeper_)
            keeper_->remove(names_.front());
        else
            unlink(names_.front().c_str());
        names_.pop_front();
    }
}

bool Files::file_is_full() const {
    const Thresholds& ring = options_.ring;
    const auto now = Clock::now();
    const auto seconds = [](Clock::time_point time) {
        return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
    };
    return (ring.packets && writer_->packets() >= ring.packets) ||
           (ring.kilobytes && writer_->bytes() >= ring.kilobytes * 1000) ||
           (ring.seconds && now - opened_ >= std::chrono::seconds(ring.seconds)) ||
           (ring.interval && seconds(now) / ring.interval != seconds(opened_) / ring.interval);
}

void Files::rotate_if_full() {
    if (!options_.use_ring || !file_is_full())
        return;
    if (options_.stop.files && files_ >= options_.stop.files)
        full_ = true;
    else
        open_next();
}

void Files::packet(const Packet& packet) {
    rotate_if_full();
    if (full_)
        return;
    writer_->packet(packet);
    // Without a ring the conditions of -a are about the only file there is.
    if (!options_.use_ring && options_.stop.kilobytes && writer_->bytes() >= options_.stop.kilobytes * 1000)
        full_ = true;
}

void Files::secrets(std::string_view key_log) {
    if (options_.use_ring) {
        secrets_ += key_log;
        if (secrets_.size() > most_secrets) // half of it, so that it is not moved at every line
            secrets_.erase(0, secrets_.find('\n', secrets_.size() - most_secrets / 2) + 1);
    }
    writer_->secrets(key_log);
}

void Files::tick() {
    rotate_if_full();
    writer_->flush();
}

void Files::finish(std::uint64_t received, std::uint64_t dropped) {
    writer_->statistics(received, dropped);
    writer_->close();
}

} // namespace wscap
