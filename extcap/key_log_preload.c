/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loaded into a program by `wscap run --preload` (ld.so(8), LD_PRELOAD): has OpenSSL write the secrets of each TLS connection to SSLKEYLOGFILE, as
 * SSL_CTX_set_keylog_callback(3) offers. ld.so loads it into no program that runs set-user-id. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

typedef void (*Log)(const void* connection, const char* line);

/* One write for each line: other threads and processes write there, too. */
static void write_line(const void* connection, const char* line) {
    (void)connection;
    const char* path = secure_getenv("SSLKEYLOGFILE");
    const int file = path ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    const struct iovec parts[] = {{(void*)line, strlen(line)}, {(void*)"\n", 1}};
    if (writev(file, parts, 2) < 0) {
    }
    close(file);
}

/* The function of the library that has it: the next one after this, or, where the library came later with a module (Python's), that one's. */
static void* real(const char* name) {
    static const char* const libraries[] = {"libssl.so.3", "libssl.so.1.1"};
    void* found = dlsym(RTLD_NEXT, name);
    for (unsigned i = 0; !found && i < sizeof libraries / sizeof *libraries; ++i) {
        void* library = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);
        if (library)
            found = dlsym(library, name);
    }
    return found;
}

static void* with_log(void* context) {
    void (*set)(void*, Log) = (void (*)(void*, Log))real("SSL_CTX_set_keylog_callback");
    if (context && set)
        set(context, write_line);
    return context;
}

__attribute__((visibility("default"))) void* SSL_CTX_new(const void* method) {
    void* (*next)(const void*) = (void* (*)(const void*))real("SSL_CTX_new");
    return next ? with_log(next(method)) : NULL;
}

__attribute__((visibility("default"))) void* SSL_CTX_new_ex(void* library, const char* properties, const void* method) {
    void* (*next)(void*, const char*, const void*) =
        (void* (*)(void*, const char*, const void*))real("SSL_CTX_new_ex");
    return next ? with_log(next(library, properties, method)) : NULL;
}
