// SPDX-License-Identifier: GPL-2.0-or-later
#include "print.hpp"

#include "message_lines.hpp"
#include "plugin_hint.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace wscap {
namespace {

/// From the build tree, tshark loads the plugin that was built with this program.
void offer_built_plugin() {
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    const auto plugins = self.parent_path().parent_path() / "plugins";
    if (!error && self.parent_path().filename() == "extcap" && std::filesystem::is_directory(plugins, error) &&
        std::filesystem::exists(self.parent_path().parent_path() / "CMakeCache.txt", error))
        setenv("WIRESHARK_PLUGIN_DIR", plugins.c_str(), 0);
}

const char* tshark_program() {
    const char* chosen = std::getenv("WSCAP_TSHARK");
    return chosen && *chosen ? chosen : "tshark";
}

[[noreturn]] void run_tshark(const Options& options, int input, int output) {
    offer_built_plugin();
    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    signal(SIGINT, SIG_IGN); // it ends when its input does
    signal(SIGTERM, SIG_DFL);
    const char* program = tshark_program();
    // Also beside the user's filter: without the plugin this is no filter, and tshark says so at once.
    const auto filter = options.display_filter.empty() ? std::string("ws") : "ws && (" + options.display_filter + ")";
    execlp(program, program, "-Q", "-l", "-n", "-r", "-", "-Y", filter.c_str(), "-T", "pdml", "-J", "frame ip ipv6 tcp ws",
           static_cast<char*>(nullptr));
    std::fprintf(stderr, "wscap: %s: %s\nIs tshark installed? --print needs it.\n", program, std::strerror(errno));
    _exit(127);
}

[[noreturn]] void run_formatter(const Options& options, int input) {
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGPIPE, SIG_DFL);
    // Nothing else may stay open here: a pipe to dumpcap's keeper or tshark would never seem closed to them.
    dup2(input, STDIN_FILENO);
    close_range(STDERR_FILENO + 1, ~0u, 0);
    print_messages(stdin, stdout, options.whole_messages);
    _exit(0);
}

} // namespace

Print::Print(const Options& options, const std::vector<Interface>& interfaces) {
    int packets[2], pdml[2];
    if (pipe2(packets, O_CLOEXEC) != 0 || pipe2(pdml, O_CLOEXEC) != 0)
        throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
    tshark_ = fork();
    if (tshark_ == 0)
        run_tshark(options, packets[0], pdml[1]);
    formatter_ = fork();
    if (formatter_ == 0) {
        run_formatter(options, pdml[0]);
    }
    close(packets[0]);
    close(pdml[0]);
    close(pdml[1]);
    writer_ = std::make_unique<Writer>(packets[1], "the pipe to tshark", Format::pcapng, interfaces);
}

Print::~Print() {
    writer_.reset();
    for (const pid_t child : {tshark_, formatter_})
        if (child > 0)
            waitpid(child, nullptr, 0);
}

void Print::check() {
    for (const pid_t child : {tshark_, formatter_}) {
        siginfo_t info{};
        if (child > 0 && waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == child)
            ended_early();
    }
}

void Print::ended_early() {
    finish();
    throw std::runtime_error("tshark ended before the capture did");
}

void Print::finish() {
    if (!writer_)
        return;
    std::string problem;
    try {
        writer_->close();
    } catch (const OutputClosed&) { // its status says more
    } catch (const std::exception& error) {
        problem = error.what();
    }
    writer_.reset();
    int status = 0, shown = 0;
    waitpid(std::exchange(tshark_, -1), &status, 0);
    waitpid(std::exchange(formatter_, -1), &shown, 0);
    if (WIFSIGNALED(shown) && WTERMSIG(shown) == SIGPIPE)
        throw OutputClosed();
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        throw std::runtime_error("tshark ended with status " + std::to_string(WEXITSTATUS(status)) + "; " +
                                 hint_about_plugin(tshark_program()));
    if (WIFSIGNALED(status))
        throw std::runtime_error("tshark was killed by signal " + std::to_string(WTERMSIG(status)));
    if (!problem.empty())
        throw std::runtime_error(problem);
}

} // namespace wscap
