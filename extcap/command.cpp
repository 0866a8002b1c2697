// SPDX-License-Identifier: GPL-2.0-or-later
#include "command.hpp"

#include "privileges.hpp"
#include "process.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <iomanip>
#include <poll.h>
#include <sstream>
#include <stdexcept>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace wscap {
namespace {

constexpr char start_it = 0;
constexpr int first_own = 100; // descriptors of the keeper; above those of wscap

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(what + ": " + std::strerror(errno));
}

/// The file that PATH leads to; empty if there is none.
std::string find_program(const std::string& name) {
    if (name.find('/') != std::string::npos)
        return name;
    const char* path = std::getenv("PATH");
    std::string_view rest = path ? path : "/usr/bin:/bin";
    while (!rest.empty()) {
        const auto folder = rest.substr(0, rest.find(':'));
        rest.remove_prefix(std::min(folder.size() + 1, rest.size()));
        auto file = std::string(folder.empty() ? "." : folder) + "/" + name;
        if (access(file.c_str(), X_OK) == 0)
            return file;
    }
    return {};
}

/// A library that somebody else names has no business in a program that lends its rights.
void refuse_lent_rights(const std::string& name) {
    const auto file = find_program(name);
    struct stat status {};
    if (file.empty() || stat(file.c_str(), &status) != 0)
        return; // it will be said that it is not there
    if (status.st_mode & (S_ISUID | S_ISGID) || getxattr(file.c_str(), "security.capability", nullptr, 0) > 0)
        throw std::runtime_error(
            file +
            " runs with rights of its own (set-user-id, set-group-id or capabilities): --preload is not for such programs");
}

/// A file of one user, in a folder of its own.
std::string make_key_log(const std::string& user) {
    const char* folder = std::getenv("TMPDIR");
    auto path = std::string(folder && *folder ? folder : "/tmp") + "/wscap-" + std::string(6, 'X'); // for mkdtemp(3) to replace
    if (!mkdtemp(path.data()))
        fail(path);
    auto file = path + "/keys";
    const int made = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made < 0)
        fail(file);
    close(made);
    give_to_caller(file, user);
    give_to_caller(path, user);
    return file;
}

void remove_key_log(const std::string& file) {
    unlink(file.c_str());
    rmdir(std::filesystem::path(file).parent_path().c_str());
}

/// Adds a word to a variable that holds several.
void append_to_environment(const char* name, const std::string& word) {
    const char* before = std::getenv(name);
    setenv(name, (before && *before ? std::string(before) + " " + word : word).c_str(), 1);
}

[[noreturn]] void execute(const std::vector<std::string>& words, const std::string& key_log, const std::string& preload) {
    setenv("SSLKEYLOGFILE", key_log.c_str(), 1); // curl, Python, Chromium, Firefox
    std::ostringstream option;
    option << std::quoted("--tls-keylog=" + key_log);
    append_to_environment("NODE_OPTIONS", option.str()); // Node.js, which does not know the other
    if (!preload.empty())
        append_to_environment("LD_PRELOAD", preload);
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (const auto& word : words)
        pointers.push_back(const_cast<char*>(word.c_str()));
    pointers.push_back(nullptr);
    execvp(pointers[0], pointers.data());
    const int error = errno;
    const auto message = "wscap: " + words[0] + ": " + std::strerror(error) + "\n";
    if (write(STDERR_FILENO, message.data(), message.size()) < 0) {
    }
    _exit(error == ENOENT ? not_found : not_executable);
}

/// Waits for the program's end, passing signals on meanwhile.
int wait_for(pid_t program, int control) {
    const int process = static_cast<int>(syscall(SYS_pidfd_open, program, 0));
    pollfd waits[] = {{process, POLLIN, 0}, {control, POLLIN, 0}};
    while (process >= 0) {
        if (poll(waits, 2, -1) < 0 && errno != EINTR)
            break;
        if (waits[0].revents & POLLIN)
            break;
        char number = 0;
        if (waits[1].revents && read(control, &number, 1) == 1)
            kill(program, number);
        else if (waits[1].revents)
            waits[1].fd = -1; // wscap is gone
    }
    int status = 0;
    while (waitpid(program, &status, 0) < 0 && errno == EINTR) {
    }
    return shell_status(status);
}

[[noreturn]] void keep(const std::vector<std::string>& words, const std::string& key_log, const std::string& preload, int control,
                       int status) {
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE})
        signal(number, SIG_IGN);
    control = dup3(control, first_own, O_CLOEXEC); // dumpcap's end, and others', is told by what wscap has open alone
    status = dup3(status, first_own + 1, O_CLOEXEC);
    close_range(STDERR_FILENO + 1, first_own - 1, 0);
    close_range(first_own + 2, ~0U, 0);
    char word = 0;
    if (read(control, &word, 1) == 1 && word == start_it) {
        const pid_t program = fork_for_program();
        if (program == 0)
            execute(words, key_log, preload);
        const auto code = static_cast<unsigned char>(program < 0 ? not_executable : wait_for(program, control));
        if (write(status, &code, 1) == 1)
            while (read(control, &word, 1) == 1) { // wscap reads the last secrets meanwhile
            }
    }
    remove_key_log(key_log);
    _exit(0);
}

} // namespace

std::string preload_library() {
    if (const char* chosen = std::getenv("WSCAP_PRELOAD"); chosen && *chosen)
        return chosen;
    std::error_code none;
    const auto own = std::filesystem::read_symlink("/proc/self/exe", none).parent_path();
    const char* home = std::getenv("HOME");
    for (const auto& folder :
         {own.parent_path() / WSCAP_PRELOAD_FOLDER, std::filesystem::path(home ? home : "/") / ".local/lib/wscap"})
        if (const auto file = folder / "wscap-keylog.so"; access(file.c_str(), R_OK) == 0)
            return file;
    throw std::runtime_error("--preload: wscap-keylog.so is not where it is installed; WSCAP_PRELOAD may name it");
}

Command::Command(std::vector<std::string> words, bool preload, const std::string& user) {
    std::string library;
    if (preload) {
        refuse_lent_rights(words[0]);
        library = preload_library();
    }
    const Pipe control, status;
    key_log_ = make_key_log(user);
    keeper_ = fork();
    if (keeper_ < 0) {
        const int error = errno;
        remove_key_log(key_log_);
        errno = error;
        fail("fork");
    }
    if (keeper_ == 0) {
        close(control.ends[1]);
        close(status.ends[0]);
        try {
            become_caller(user);
        } catch (const std::exception&) {
            remove_key_log(key_log_);
            _exit(not_executable);
        }
        keep(words, key_log_, library, control.ends[0], status.ends[1]);
    }
    close(control.ends[0]);
    close(status.ends[1]);
    control_ = control.ends[1];
    status_ = status.ends[0];
    fcntl(status_, F_SETFL, O_NONBLOCK);
}

Command::~Command() {
    close(control_);
    close(status_);
    if (!started_ || exit_status_)
        waitpid(keeper_, nullptr, 0);
}

void Command::start() {
    if (!started_)
        started_ = write(control_, &start_it, 1) == 1;
}

void Command::pass_on(int signal) {
    const auto number = static_cast<char>(signal);
    if (started_ && write(control_, &number, 1) < 0) {
    }
}

std::optional<int> Command::ended() {
    unsigned char code = 0;
    if (exit_status_)
        return exit_status_;
    const auto got = read(status_, &code, 1);
    if (got == 1)
        exit_status_ = code;
    else if (got == 0)
        exit_status_ = not_executable; // the keeper is gone
    return exit_status_;
}

} // namespace wscap
