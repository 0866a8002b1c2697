// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "file_keeper.hpp"
#include "options.hpp"

#include <chrono>
#include <deque>
#include <memory>

namespace wscap {

/// The file or files that -w, -b and -a ask for.
class Files {
  public:
    static constexpr std::size_t most_secrets = 8 << 20; ///< Bytes that a file of a ring begins with.

    /// Opens the first file. Throws std::system_error with the file's name. `keeper` makes the files if it is
    /// not null.
    Files(const Options& options, const std::vector<Interface>& interfaces, FileKeeper* keeper);

    void packet(const Packet& packet);
    void secrets(std::string_view key_log);

    /// Writes out what is held, and begins the next file if its time has come.
    void tick();

    /// In all files, also those of a ring that are gone again.
    std::uint64_t packets() const { return closed_packets_ + (writer_ ? writer_->packets() : 0); }

    /// A condition of -a is met.
    bool full() const { return full_; }

    void finish(std::uint64_t received, std::uint64_t dropped);

  private:
    using Clock = std::chrono::system_clock;

    std::string next_name();
    void open_next();
    bool file_is_full() const;
    void rotate_if_full();

    const Options& options_;
    const std::vector<Interface>& interfaces_;
    FileKeeper* keeper_;
    std::unique_ptr<Writer> writer_;
    std::deque<std::string> names_;
    std::string secrets_; ///< Those so far: each file of a ring must open decrypted on its own. The oldest go first.
    std::uint64_t files_ = 0, closed_packets_ = 0;
    Clock::time_point opened_;
    bool full_ = false;
};

/// Opens a file for writing; "-" is standard output. Throws std::system_error.
int open_for_writing(const std::string& name);

/// "part.pcapng" and 3 give "part_00003.pcapng".
std::string numbered(const std::string& name, std::uint64_t number, const std::string& after = "");

} // namespace wscap
