/* Loaded before the C library (LD_PRELOAD): lets one write-like call below one folder fail, be short, or be the last.
 *
 * FAULT_DIR    the folder; other files, sockets and pipes are left alone
 * FAULT_AT     the number of the call, from 1; 0 lets all of them pass
 * FAULT_KIND   eio, enospc, kill (SIGKILL), stop (SIGSTOP); of the first write from there on: write (EIO), short (half its bytes)
 * FAULT_MARK   a file that is written when the fault happened, or with the count of calls at the end
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_long calls;
static atomic_flag met = ATOMIC_FLAG_INIT;

static int below(const char *path) {
    const char *dir = getenv("FAULT_DIR");
    return dir && strncmp(path, dir, strlen(dir)) == 0;
}

static int below_fd(int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    if (len <= 0) return 0;
    path[len] = 0;
    return below(path);
}

static int below_at(int dir, const char *path) {
    return path[0] == '/' ? below(path) : dir != AT_FDCWD && below_fd(dir);
}

static void mark(const char *text) {
    const char *path = getenv("FAULT_MARK");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (file) {
        fputs(text, file);
        fclose(file);
    }
}

/* The errno of the fault, -1 for a short write, 0 for none. */
static int fault(const char *call) {
    const char *at = getenv("FAULT_AT"), *kind = getenv("FAULT_KIND");
    long number = atomic_fetch_add(&calls, 1) + 1, chosen = at ? atol(at) : 0;
    if (!kind || !chosen || number < chosen) return 0;
    if (!strcmp(kind, "short") || !strcmp(kind, "write")) {
        if (!strstr(call, "write") || atomic_flag_test_and_set(&met)) return 0;
        mark(call);
        return strcmp(kind, "short") ? EIO : -1;
    }
    if (number != chosen) return 0;
    mark(call);
    if (!strcmp(kind, "kill")) raise(SIGKILL);
    if (!strcmp(kind, "stop")) raise(SIGSTOP);
    if (!strcmp(kind, "eio")) return EIO;
    return !strcmp(kind, "enospc") ? ENOSPC : 0;
}

__attribute__((destructor)) static void count(void) {
    const char *at = getenv("FAULT_AT");
    char text[32];
    if (at && !strcmp(at, "0")) {
        snprintf(text, sizeof text, "%ld", atomic_load(&calls));
        mark(text);
    }
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define FAILS(name, where)                                                                                             \
    int error = (where) ? fault(#name) : 0;                                                                            \
    if (error > 0) {                                                                                                   \
        errno = error;                                                                                                 \
        return -1;                                                                                                     \
    }

int open64(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
    va_end(more);
    FAILS(open64, flags & O_CREAT && below(path))
    return REAL(open64)(path, flags, mode);
}

ssize_t write(int fd, const void *bytes, size_t len) {
    FAILS(write, below_fd(fd))
    return REAL(write)(fd, bytes, error < 0 && len > 1 ? len / 2 : len);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at) {
    FAILS(pwrite64, below_fd(fd))
    return REAL(pwrite64)(fd, bytes, error < 0 && len > 1 ? len / 2 : len, at);
}

int fsync(int fd) {
    FAILS(fsync, below_fd(fd))
    return REAL(fsync)(fd);
}

int fdatasync(int fd) {
    FAILS(fdatasync, below_fd(fd))
    return REAL(fdatasync)(fd);
}

int sync_file_range(int fd, off64_t from, off64_t len, unsigned flags) {
    FAILS(sync_file_range, below_fd(fd))
    return REAL(sync_file_range)(fd, from, len, flags);
}

int ftruncate64(int fd, off64_t len) {
    FAILS(ftruncate64, below_fd(fd))
    return REAL(ftruncate64)(fd, len);
}

int rename(const char *from, const char *to) {
    FAILS(rename, below(from))
    return REAL(rename)(from, to);
}

int unlink(const char *path) {
    FAILS(unlink, below(path))
    return REAL(unlink)(path);
}

int unlinkat(int dir, const char *path, int flags) {
    FAILS(unlinkat, below_at(dir, path))
    return REAL(unlinkat)(dir, path, flags);
}

int rmdir(const char *path) {
    FAILS(rmdir, below(path))
    return REAL(rmdir)(path);
}

int mkdir(const char *path, mode_t mode) {
    FAILS(mkdir, below(path))
    return REAL(mkdir)(path, mode);
}
