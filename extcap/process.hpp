// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <string>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

namespace wscap {

/// Exit status of a program that could not be run, as shells give it.
constexpr int not_executable = 126, not_found = 127;

/// What waitpid(2) told, as a shell's exit status: 128 and the number of the signal that killed it.
inline int shell_status(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Both ends are the owner's to close; no program that is run inherits them. Throws std::runtime_error.
struct Pipe {
    int ends[2];
    Pipe() {
        if (pipe2(ends, O_CLOEXEC) != 0)
            throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
    }
};

/// fork(2) for a child that will be another program: signals end it from the first moment, whatever they do here. One that is
/// sent right after the fork is not lost.
inline pid_t fork_for_program() {
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    const pid_t child = fork();
    if (child == 0)
        for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE})
            signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before, nullptr);
    return child;
}

} // namespace wscap
