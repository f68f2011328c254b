/* Calls on files below FOLDER fail with the number that the file CONTROL holds, if it is there.
   Each refused call adds a byte to CONTROL.hits. Loaded by LD_PRELOAD into all processes of a run. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int read_control(void) {
    char text[16] = {0};
    int before = errno, file = syscall(SYS_openat, AT_FDCWD, CONTROL, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        syscall(SYS_read, file, text, sizeof text - 1);
        syscall(SYS_close, file);
    }
    errno = before;
    return atoi(text);
}

static int refused(int number, const char *path) {
    if (!number || strncmp(path, FOLDER "/", sizeof FOLDER)) return 0;
    int file = syscall(SYS_openat, AT_FDCWD, CONTROL ".hits", O_WRONLY | O_CREAT | O_APPEND, 0600);
    syscall(SYS_write, file, "x", 1);
    syscall(SYS_close, file);
    errno = number;
    return 1;
}

static int refused_file(int file) {
    char link[64], path[PATH_MAX] = {0};
    int before = errno, number = read_control();
    if (!number) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (readlink(link, path, sizeof path - 1) > 0 && refused(number, path)) return 1;
    errno = before;
    return 0;
}

int fsync(int file) { return refused_file(file) ? -1 : REAL(fsync)(file); }

int fdatasync(int file) { return refused_file(file) ? -1 : REAL(fdatasync)(file); }

ssize_t write(int file, const void *data, size_t size) {
    return refused_file(file) ? -1 : REAL(write)(file, data, size);
}

int rename(const char *from, const char *to) {
    return refused(read_control(), to) ? -1 : REAL(rename)(from, to);
}

#define OPEN(name)                                                    \
    int name(const char *path, int flags, ...) {                      \
        va_list more;                                                 \
        va_start(more, flags);                                        \
        mode_t mode = va_arg(more, mode_t);                           \
        va_end(more);                                                 \
        if (flags & (O_CREAT | O_WRONLY | O_RDWR) && refused(read_control(), path)) return -1; \
        return REAL(name)(path, flags, mode);                         \
    }

OPEN(open)
OPEN(open64)
