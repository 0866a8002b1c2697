// SPDX-License-Identifier: GPL-2.0-or-later
#include "file_keeper.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace wscap {
namespace {

constexpr std::size_t longest_request = 4096 + 1;

/// An answer: errno, and a descriptor beside it if there is one.
void answer(int socket, int error, int descriptor) {
    iovec data{&error, sizeof error};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptor)] = {};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    if (descriptor >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof descriptor);
        std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    }
    sendmsg(socket, &message, MSG_NOSIGNAL);
}

[[noreturn]] void serve(int socket, std::string_view prefix) {
    char request[longest_request];
    for (ssize_t size; (size = recv(socket, request, sizeof request, 0)) > 0;) {
        const std::string name(request + 1, static_cast<std::size_t>(size) - 1);
        if (!name.starts_with(prefix) || name.find('/', prefix.size()) != std::string::npos) {
            answer(socket, EPERM, -1);
        } else if (request[0] == 'r') {
            answer(socket, unlink(name.c_str()) == 0 ? 0 : errno, -1);
        } else {
            const int descriptor = open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
            answer(socket, descriptor < 0 ? errno : 0, descriptor);
            if (descriptor >= 0)
                close(descriptor);
        }
    }
    _exit(0);
}

} // namespace

FileKeeper::FileKeeper(const std::string& path) {
    const auto slash = path.rfind('/');
    const auto dot = path.rfind('.');
    const bool extension = dot != std::string::npos && (slash == std::string::npos || dot > slash + 1) && dot > 0;
    const auto prefix = path.substr(0, extension ? dot : path.size());
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        throw std::runtime_error(std::string("socketpair: ") + std::strerror(errno));
    process_ = fork();
    if (process_ < 0)
        throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
    if (process_ == 0) {
        for (const int number : {SIGINT, SIGTERM, SIGHUP})
            signal(number, SIG_IGN); // it ends when wscap does
        dup2(ends[0], STDIN_FILENO);
        close_range(STDIN_FILENO + 1, ~0u, 0); // a pipe to dumpcap's keeper must not stay open here
        serve(STDIN_FILENO, prefix);
    }
    close(ends[0]);
    socket_ = ends[1];
}

FileKeeper::~FileKeeper() {
    close(socket_);
    waitpid(process_, nullptr, 0);
}

int FileKeeper::ask(char what, const std::string& name, int& error) {
    const std::string request = what + name;
    int descriptor = -1;
    iovec data{&error, sizeof error};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptor)];
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    error = EPIPE;
    if (send(socket_, request.data(), request.size(), MSG_NOSIGNAL) < 0)
        return -1;
    while (recvmsg(socket_, &message, MSG_CMSG_CLOEXEC) < 0)
        if (errno != EINTR)
            return -1;
    if (const cmsghdr* header = CMSG_FIRSTHDR(&message); header && header->cmsg_type == SCM_RIGHTS)
        std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
    return descriptor;
}

int FileKeeper::open(const std::string& name) {
    int error = 0;
    const int descriptor = ask('o', name, error);
    if (descriptor < 0)
        throw std::system_error(error, std::generic_category(), name);
    return descriptor;
}

void FileKeeper::remove(const std::string& name) {
    int error = 0;
    ask('r', name, error);
}

} // namespace wscap
