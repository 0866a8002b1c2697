// SPDX-License-Identifier: GPL-2.0-or-later
#include "privileges.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdexcept>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace wscap {
namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error("cannot give up privileges: " + what + ": " + std::strerror(errno));
}

struct Identity {
    uid_t user;
    gid_t group;
    std::string name, home; ///< Empty where they stay as they are.
};

Identity named(const std::string& name) {
    errno = 0;
    const passwd* entry = getpwnam(name.c_str());
    if (!entry)
        throw std::runtime_error("there is no user " + name);
    return {entry->pw_uid, entry->pw_gid, entry->pw_name, entry->pw_dir};
}

Identity ordinary(const std::string& user) {
    if (geteuid() != 0)
        return {getuid(), getgid(), {}, {}};
    if (!user.empty())
        return named(user);
    const char* caller = std::getenv("SUDO_USER");
    return named(caller && std::strcmp(caller, "root") != 0 ? caller : "nobody");
}

void become(const Identity& identity) {
    // The groups of that user, which may be what opens the folder to write to.
    if (geteuid() == 0 && !identity.name.empty() && initgroups(identity.name.c_str(), identity.group) != 0)
        fail("initgroups");
    if (setresgid(identity.group, identity.group, identity.group) != 0)
        fail("setresgid");
    if (setresuid(identity.user, identity.user, identity.user) != 0)
        fail("setresuid");
    if (!identity.home.empty())
        setenv("HOME", identity.home.c_str(), 1); // tshark, for --print, reads its preferences there
}

/// The one who called is somebody else than who runs this.
bool is_other(const std::string& user) {
    return geteuid() == 0 && (!user.empty() || !plain_root());
}

void clear_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[2] = {};
    if (syscall(SYS_capset, &header, none) != 0)
        fail("capset");
}

} // namespace

void refuse_lent_privileges() {
    if (getauxval(AT_SECURE)) // set-user-id, set-group-id or capabilities of the file
        throw std::runtime_error(
            "refuses to run set-user-id, set-group-id or with capabilities of its own: any user could run and "
            "write anything with them. dumpcap, not wscap, is what needs the right to capture");
}

bool plain_root() {
    const char* caller = std::getenv("SUDO_USER");
    return geteuid() == 0 && (!caller || std::strcmp(caller, "root") == 0);
}

void drop_privileges(const std::string& user) {
    become(ordinary(user));
    clear_capabilities();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        fail("prctl");
}

void become_caller(const std::string& user) {
    if (is_other(user))
        become(ordinary(user));
}

void give_to_caller(const std::string& path, const std::string& user) {
    if (!is_other(user))
        return;
    const auto identity = ordinary(user);
    if (lchown(path.c_str(), identity.user, identity.group) != 0)
        fail("lchown");
}

} // namespace wscap
