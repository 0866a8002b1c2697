// SPDX-License-Identifier: GPL-2.0-or-later
#include "dumpcap.hpp"

#include "process.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace wscap {
namespace {

constexpr std::string_view advice = R"(
To let ordinary users capture, on Debian and its relatives:
    sudo dpkg-reconfigure wireshark-common     (answer Yes)
    sudo usermod -aG wireshark "$USER"
and log in anew. Elsewhere, give dumpcap the capabilities cap_net_raw and cap_net_admin.)";

[[noreturn]] void execute(const std::vector<std::string>& options) {
    const auto program = dumpcap_program();
    std::vector<char*> words{const_cast<char*>("dumpcap")};
    for (const auto& option : options)
        words.push_back(const_cast<char*>(option.c_str()));
    words.push_back(nullptr);
    execvp(program.c_str(), words.data());
    const int error = errno;
    const std::string message = program + ": " + std::strerror(error) + "\n";
    if (write(STDERR_FILENO, message.data(), message.size()) < 0) {
    }
    _exit(error == EACCES ? not_executable : not_found);
}

/// Lives until dumpcap ends; tells it to when the other end of `control` is closed.
[[noreturn]] void keep(const std::vector<std::string>& options, int control, int output, int messages) {
    setpgid(0, 0); // Ctrl-C on the terminal is wscap's to handle
    const pid_t dumpcap = fork_for_program();
    if (dumpcap == 0) {
        dup2(output, STDOUT_FILENO);
        dup2(messages, STDERR_FILENO);
        execute(options);
    }
    close(output);
    close(messages);
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
        signal(number, SIG_IGN);
    const int process = static_cast<int>(syscall(SYS_pidfd_open, dumpcap, 0));
    pollfd waits[] = {{control, POLLIN, 0}, {process, POLLIN, 0}};
    while (dumpcap > 0 && poll(waits, 2, -1) < 0 && errno == EINTR) {
    }
    if (dumpcap > 0 && !(waits[1].revents & POLLIN))
        kill(dumpcap, SIGINT);
    int status = not_found << 8;
    waitpid(dumpcap, &status, 0);
    _exit(shell_status(status));
}

} // namespace

std::string dumpcap_program() {
    const char* chosen = std::getenv("WSCAP_DUMPCAP");
    return chosen && *chosen ? chosen : "dumpcap";
}

Dumpcap::Dumpcap(const std::vector<std::string>& options) {
    std::vector<std::string> all{"-n", "-q"};
    all.insert(all.end(), options.begin(), options.end());
    all.insert(all.end(), {"-w", "-"});
    const Pipe packets, messages, control;
    keeper_ = fork();
    if (keeper_ < 0)
        throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
    if (keeper_ == 0) {
        close(control.ends[1]);
        close(packets.ends[0]);
        close(messages.ends[0]);
        keep(all, control.ends[0], packets.ends[1], messages.ends[1]);
    }
    close(control.ends[0]);
    close(packets.ends[1]);
    close(messages.ends[1]);
    packets_ = packets.ends[0];
    messages_ = messages.ends[0];
    control_ = control.ends[1];
    fcntl(packets_, F_SETPIPE_SZ, 1 << 20); // so that dumpcap need not wait for us at once; may be refused
    fcntl(packets_, F_SETFL, O_NONBLOCK);
    fcntl(messages_, F_SETFL, O_NONBLOCK);
}

Dumpcap::~Dumpcap() {
    stop();
    for (const int descriptor : {packets_, messages_})
        if (descriptor >= 0)
            close(descriptor);
    if (keeper_ > 0)
        waitpid(keeper_, nullptr, 0);
}

std::ptrdiff_t Dumpcap::read(void* to, std::size_t size) {
    const auto got = ::read(packets_, to, size);
    return got < 0 && (errno == EAGAIN || errno == EINTR) ? -2 : got;
}

void Dumpcap::wait(int milliseconds) {
    pollfd waits[] = {{packets_, POLLIN, 0}, {messages_, POLLIN, 0}};
    if (poll(waits, messages_ >= 0 ? 2 : 1, milliseconds) > 0 && (waits[1].revents & (POLLIN | POLLHUP)))
        read_messages();
}

void Dumpcap::read_messages() {
    char bytes[4096];
    ssize_t got;
    while (messages_ >= 0 && (got = ::read(messages_, bytes, sizeof bytes)) >= 0) {
        if (got == 0) {
            close(messages_);
            messages_ = -1;
        }
        said_.append(bytes, static_cast<std::size_t>(got));
        if (said_.size() > 65536)
            said_.erase(0, said_.size() - 65536);
    }
}

void Dumpcap::stop() {
    stopped_ = true;
    if (control_ >= 0)
        close(control_);
    control_ = -1;
}

std::string Dumpcap::finish() {
    int status = 0;
    if (keeper_ > 0)
        while (waitpid(keeper_, &status, 0) < 0 && errno == EINTR) {
        }
    keeper_ = -1;
    read_messages();
    const int code = shell_status(status);
    if (code == 0)
        return {};
    // Its first words are what it always says; its own advice follows after an empty line, where ours is.
    std::string text;
    for (std::size_t at = 0; at < said_.size();) {
        const auto end = std::min(said_.find('\n', at), said_.size());
        const auto line = said_.substr(at, end - at);
        at = end + 1;
        if (line.starts_with("Capturing on") || line.starts_with("File: ") || line.starts_with("Packets "))
            continue;
        if (line.empty() && !text.empty())
            break;
        text += (text.empty() ? "" : "\n") + line;
    }
    if (code > 128)
        text += (text.empty() ? "" : "\n") + std::string("dumpcap was killed by signal ") + std::to_string(code - 128) + " (" +
                strsignal(code - 128) + ")";
    if (code == not_found)
        text += "\nIs Wireshark installed? dumpcap is part of it.";
    if (code == not_executable || text.find("ermission") != std::string::npos || text.find("not permitted") != std::string::npos)
        text += advice;
    return text.empty() ? "dumpcap ended with status " + std::to_string(code) : text;
}

/// "[{"eth0":{"friendly_name":null,…}},…]": the names of the members two levels down.
static std::vector<std::string> names_in_json(std::string_view json) {
    std::vector<std::string> names;
    std::string text;
    int depth = 0;
    for (std::size_t at = 0; at < json.size(); ++at) {
        if (json[at] == '[' || json[at] == '{')
            ++depth;
        else if (json[at] == ']' || json[at] == '}')
            --depth;
        else if (json[at] == ':' && depth == 2)
            names.push_back(text);
        if (json[at] != '"')
            continue;
        text.clear();
        for (++at; at < json.size() && json[at] != '"'; ++at) {
            at += json[at] == '\\' && at + 1 < json.size(); // interfaces have no characters that need more than this
            text += json[at];
        }
    }
    return names;
}

std::vector<std::string> interface_names(std::string_view answer) {
    if (answer.starts_with('['))
        return names_in_json(answer);
    std::vector<std::string> names;
    while (!answer.empty()) { // "1. eth0\t\t…"
        const auto line = answer.substr(0, answer.find('\n'));
        answer.remove_prefix(std::min(line.size() + 1, answer.size()));
        const auto name = line.find(". ");
        const auto end = line.find('\t');
        if (name != std::string_view::npos && end != std::string_view::npos && end > name + 1)
            names.emplace_back(line.substr(name + 2, end - name - 2));
    }
    return names;
}

int run_dumpcap(const std::vector<std::string>& options) {
    const pid_t child = fork();
    if (child == 0)
        execute(options);
    int status = 0;
    waitpid(child, &status, 0);
    return shell_status(status);
}

std::string ask_dumpcap(const std::vector<std::string>& options) {
    const Pipe answer;
    const pid_t child = fork();
    if (child == 0) {
        dup2(answer.ends[1], STDOUT_FILENO);
        execute(options);
    }
    close(answer.ends[1]);
    std::string text;
    char bytes[4096];
    for (ssize_t got; (got = ::read(answer.ends[0], bytes, sizeof bytes)) > 0;)
        text.append(bytes, static_cast<std::size_t>(got));
    close(answer.ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return status == 0 ? text : std::string{};
}

} // namespace wscap
