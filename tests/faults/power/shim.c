/* Stands between a program and the disk: writes a trace of what it does to files below one folder,
 * and makes chosen calls fail or kills the process at them.
 *
 * Loaded with LD_PRELOAD. It does nothing until shim_watch names a folder. One lock is held around
 * every watched call and its record, so that the trace has the order of the disk. Linux only.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define DESCRIPTORS 4096
#define ROOM 4096

/* One record of the trace: this head, then `length` bytes of data or names. */
struct record {
    uint8_t kind;
    uint8_t unused[3];
    int32_t descriptor;
    int64_t offset;
    uint32_t flags;
    uint32_t length;
} __attribute__((packed));

enum kind { OPEN = 1, CLOSE, WRITE, SIZE, SYNC, RENAME, UNLINK, FOLDER, MARK };
enum call { CALL_WRITE, CALL_SYNC, CALL_OPEN, CALL_RENAME, CALL_SIZE, CALL_UNLINK, CALL_READ, CALLS };
enum action { FAIL = 1, KILL_BEFORE, KILL_MIDWAY, KILL_AFTER, FAIL_ON, SLOW };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[ROOM];
static size_t root_length;
static int trace = -1;
static char ours[DESCRIPTORS];
static long counts[CALLS];
static unsigned armed_calls;
static long armed_after;
static int armed_action, armed_error;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

/* What Python calls through ctypes. */

void shim_watch(const char *folder) {
    root_length = strlen(folder);
    if (root_length >= ROOM) root_length = 0;
    memcpy(root, folder, root_length);
    root[root_length] = 0;
}

int shim_trace(const char *path) {
    if (trace >= 0) REAL(close)(trace);
    trace = -1;
    if (*path) {
        int made = REAL(open)(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
        trace = made < 0 ? -1 : fcntl(made, F_DUPFD_CLOEXEC, 200);
        REAL(close)(made);
    }
    return trace;
}

/* From now on the `nth` call (1, 2, ...) whose bit is in `calls` meets `action`, with FAIL_ON every
 * later one too; SLOW lets it wait for `error` milliseconds and go on; no bits disarm. */
void shim_arm(unsigned calls, long nth, int action, int error) {
    memset(counts, 0, sizeof counts);
    armed_calls = calls;
    armed_after = nth;
    armed_action = action;
    armed_error = error;
}

long shim_count(int call) { return counts[call]; }

static void put(enum kind kind, int descriptor, int64_t offset, uint32_t flags, const void *data,
                size_t length) {
    if (trace < 0) return;
    struct record head = {kind, {0}, descriptor, offset, flags, (uint32_t)length};
    __typeof__(&write) out = REAL(write);
    /* A trace that cannot be written is cut short, and its reader notices. */
    if (out(trace, &head, sizeof head) == sizeof head && length) (void)!out(trace, data, length);
}

void shim_mark(const char *text) {
    pthread_mutex_lock(&lock);
    put(MARK, -1, 0, 0, text, strlen(text));
    pthread_mutex_unlock(&lock);
}

/* Inside. */

static int is_below(const char *path) {
    return root_length && path && !strncmp(path, root, root_length)
        && (path[root_length] == '/' || !path[root_length]);
}

static int is_ours(int descriptor) {
    return root_length && descriptor >= 0 && descriptor < DESCRIPTORS && ours[descriptor];
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

/* Count a call and return what is to happen to it: 0, or an action. */
static int strikes(enum call call) {
    counts[call]++;
    if (!(armed_calls & (1u << call)) || armed_after <= 0 || --armed_after) return 0;
    if (armed_action == FAIL_ON) {
        armed_after = 1;
        errno = armed_error;
        return FAIL;
    }
    if (armed_action == SLOW) {
        struct timespec pause = {armed_error / 1000, armed_error % 1000 * 1000000L};
        nanosleep(&pause, 0);
        return 0;
    }
    if (armed_action == KILL_BEFORE || (armed_action == KILL_MIDWAY && call != CALL_WRITE)) die();
    if (armed_action == FAIL) errno = armed_error;
    return armed_action;
}

static void put_names(enum kind kind, const char *first, const char *second) {
    char names[2 * ROOM];
    size_t one = strlen(first), two = strlen(second);
    if (one + two + 1 > sizeof names) return;
    memcpy(names, first, one);
    names[one] = 0;
    memcpy(names + one + 1, second, two);
    put(kind, -1, 0, 0, names, one + 1 + two);
}

static int opened(const char *path, int flags, mode_t mode) {
    pthread_mutex_lock(&lock);
    struct stat before;
    int was_there = !stat(path, &before);
    int struck = strikes(CALL_OPEN), made = -1;
    if (struck != FAIL) made = REAL(open)(path, flags, mode);
    int error = errno;
    if (made >= 0 && made < DESCRIPTORS) {
        ours[made] = 1;
        /* Bit 0: made by this call; bit 1: emptied by it. */
        uint32_t how = (was_there ? 0 : 1) | (flags & O_TRUNC ? 2 : 0);
        put(OPEN, made, 0, how, path, strlen(path));
    }
    if (struck == KILL_AFTER) die();
    pthread_mutex_unlock(&lock);
    errno = error;
    return made;
}

#define OPEN_WRAPPER(name)                                          \
    int name(const char *path, int flags, ...) {                    \
        va_list rest;                                               \
        va_start(rest, flags);                                      \
        mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;   \
        va_end(rest);                                               \
        if (is_below(path)) return opened(path, flags, mode);       \
        int made = REAL(open)(path, flags, mode);                   \
        if (made >= 0 && made < DESCRIPTORS) ours[made] = 0;        \
        return made;                                                \
    }

OPEN_WRAPPER(open)
OPEN_WRAPPER(open64)

int openat(int folder, const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    if (is_below(path)) return opened(path, flags, mode);
    int made = REAL(openat)(folder, path, flags, mode);
    if (made >= 0 && made < DESCRIPTORS) ours[made] = 0;
    return made;
}

int close(int descriptor) {
    if (!is_ours(descriptor)) return REAL(close)(descriptor);
    pthread_mutex_lock(&lock);
    ours[descriptor] = 0;
    put(CLOSE, descriptor, 0, 0, NULL, 0);
    int done = REAL(close)(descriptor);
    pthread_mutex_unlock(&lock);
    return done;
}

/* `offset` is -1 for a write at the descriptor's own place. */
static ssize_t written(int descriptor, const void *data, size_t count, off64_t offset) {
    pthread_mutex_lock(&lock);
    off64_t place = offset;
    if (offset < 0) {
        struct stat now;
        int is_appending = fcntl(descriptor, F_GETFL) & O_APPEND;
        place = is_appending && !fstat(descriptor, &now) ? now.st_size
                                                         : lseek64(descriptor, 0, SEEK_CUR);
    }
    int struck = strikes(CALL_WRITE);
    ssize_t done = -1;
    size_t wanted = struck == KILL_MIDWAY ? count / 2 : count;
    if (struck != FAIL)
        done = offset < 0 ? REAL(write)(descriptor, data, wanted)
                          : REAL(pwrite64)(descriptor, data, wanted, offset);
    int error = errno;
    if (done > 0) put(WRITE, descriptor, place, 0, data, (size_t)done);
    if (struck == KILL_AFTER || struck == KILL_MIDWAY) die();
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

ssize_t write(int descriptor, const void *data, size_t count) {
    if (is_ours(descriptor)) return written(descriptor, data, count, -1);
    return REAL(write)(descriptor, data, count);
}

ssize_t pwrite(int descriptor, const void *data, size_t count, off_t offset) {
    if (is_ours(descriptor)) return written(descriptor, data, count, offset);
    return REAL(pwrite)(descriptor, data, count, offset);
}

ssize_t pwrite64(int descriptor, const void *data, size_t count, off64_t offset) {
    if (is_ours(descriptor)) return written(descriptor, data, count, offset);
    return REAL(pwrite64)(descriptor, data, count, offset);
}

/* Reads are counted and can fail; they leave no trace. */
static int read_fails(int descriptor) {
    if (!is_ours(descriptor)) return 0;
    pthread_mutex_lock(&lock);
    int struck = strikes(CALL_READ);
    pthread_mutex_unlock(&lock);
    return struck == FAIL;
}

ssize_t read(int descriptor, void *data, size_t count) {
    return read_fails(descriptor) ? -1 : REAL(read)(descriptor, data, count);
}

ssize_t pread(int descriptor, void *data, size_t count, off_t offset) {
    return read_fails(descriptor) ? -1 : REAL(pread)(descriptor, data, count, offset);
}

ssize_t pread64(int descriptor, void *data, size_t count, off64_t offset) {
    return read_fails(descriptor) ? -1 : REAL(pread64)(descriptor, data, count, offset);
}

static int resized(int descriptor, off64_t size) {
    pthread_mutex_lock(&lock);
    int struck = strikes(CALL_SIZE), done = -1;
    if (struck != FAIL) done = REAL(ftruncate64)(descriptor, size);
    int error = errno;
    if (!done) put(SIZE, descriptor, size, 0, NULL, 0);
    if (struck == KILL_AFTER) die();
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

int ftruncate(int descriptor, off_t size) {
    return is_ours(descriptor) ? resized(descriptor, size) : REAL(ftruncate)(descriptor, size);
}

int ftruncate64(int descriptor, off64_t size) {
    return is_ours(descriptor) ? resized(descriptor, size) : REAL(ftruncate64)(descriptor, size);
}

static int allocated(int descriptor, off64_t offset, off64_t length) {
    pthread_mutex_lock(&lock);
    int struck = strikes(CALL_SIZE);
    int error = struck == FAIL ? armed_error : REAL(posix_fallocate64)(descriptor, offset, length);
    if (!error) put(SIZE, descriptor, offset + length, 0, NULL, 0);
    if (struck == KILL_AFTER) die();
    pthread_mutex_unlock(&lock);
    return error;
}

int posix_fallocate(int descriptor, off_t offset, off_t length) {
    if (is_ours(descriptor)) return allocated(descriptor, offset, length);
    return REAL(posix_fallocate)(descriptor, offset, length);
}

int posix_fallocate64(int descriptor, off64_t offset, off64_t length) {
    if (is_ours(descriptor)) return allocated(descriptor, offset, length);
    return REAL(posix_fallocate64)(descriptor, offset, length);
}

static int synced(int descriptor, int (*sync)(int)) {
    pthread_mutex_lock(&lock);
    int struck = strikes(CALL_SYNC);
    /* Nothing here waits for a disk: what a cut would leave is reckoned from the trace. */
    int done = struck == FAIL ? -1 : trace >= 0 ? 0 : sync(descriptor);
    int error = errno;
    if (!done) put(SYNC, descriptor, 0, 0, NULL, 0);
    if (struck == KILL_AFTER) die();
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

int fsync(int descriptor) {
    return is_ours(descriptor) ? synced(descriptor, REAL(fsync)) : REAL(fsync)(descriptor);
}

int fdatasync(int descriptor) {
    return is_ours(descriptor) ? synced(descriptor, REAL(fdatasync)) : REAL(fdatasync)(descriptor);
}

int rename(const char *from, const char *to) {
    if (!is_below(to)) return REAL(rename)(from, to);
    pthread_mutex_lock(&lock);
    int struck = strikes(CALL_RENAME), done = -1;
    if (struck != FAIL) done = REAL(rename)(from, to);
    int error = errno;
    if (!done) put_names(RENAME, from, to);
    if (struck == KILL_AFTER) die();
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

static int removed(const char *path, int (*remove)(const char *), enum kind kind) {
    pthread_mutex_lock(&lock);
    int struck = strikes(CALL_UNLINK), done = -1;
    if (struck != FAIL) done = remove(path);
    int error = errno;
    if (!done) put(kind, -1, 0, 0, path, strlen(path));
    if (struck == KILL_AFTER) die();
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

int unlink(const char *path) {
    return is_below(path) ? removed(path, REAL(unlink), UNLINK) : REAL(unlink)(path);
}

int mkdir(const char *path, mode_t mode) {
    int done = REAL(mkdir)(path, mode);
    if (!done && is_below(path)) {
        pthread_mutex_lock(&lock);
        put(FOLDER, -1, 0, 0, path, strlen(path));
        pthread_mutex_unlock(&lock);
    }
    return done;
}

/* Copies inside the kernel would pass unseen; without them programs read and write. */
ssize_t sendfile(int to, int from, off_t *offset, size_t count) {
    if (!is_ours(to)) return REAL(sendfile)(to, from, offset, count);
    errno = ENOSYS;
    return -1;
}

ssize_t sendfile64(int to, int from, off64_t *offset, size_t count) {
    if (!is_ours(to)) return REAL(sendfile64)(to, from, offset, count);
    errno = ENOSYS;
    return -1;
}

ssize_t copy_file_range(int from, off64_t *a, int to, off64_t *b, size_t count, unsigned flags) {
    if (!is_ours(to)) return REAL(copy_file_range)(from, a, to, b, count, flags);
    errno = ENOSYS;
    return -1;
}
