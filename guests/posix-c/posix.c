// A command that tries what a program of POSIX expects of its host, through
// wasi-libc. The first argument names the test; what fails is printed, and makes
// it exit with 1.
//
//   files DIR    everything with files, in an empty folder it may change
//   readonly DIR that nothing in the folder can be changed
//   surroundings arguments, environment, clocks, random bytes, terminals
//   cat          standard input to standard output
//   exit CODE    exits with the code
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "realloc.h"

static int failures;

#define CHECK(what)                                                    \
  do {                                                                 \
    if (!(what)) {                                                     \
      printf("%d: %s: %s\n", __LINE__, #what, strerror(errno));        \
      failures++;                                                      \
    }                                                                  \
  } while (0)

// Checks that an expression fails with an error number.
#define FAILS(what, number)                                            \
  do {                                                                 \
    errno = 0;                                                         \
    if ((what) >= 0 || errno != (number)) {                            \
      printf("%d: %s: %s, want %s\n", __LINE__, #what, strerror(errno), #number); \
      failures++;                                                      \
    }                                                                  \
  } while (0)

static void write_and_read(void) {
  char buf[64];
  struct stat st;
  int fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0666);
  CHECK(fd >= 0);
  CHECK(write(fd, "hello, world", 12) == 12);
  CHECK(lseek(fd, 7, SEEK_SET) == 7);
  CHECK(read(fd, buf, sizeof buf) == 5 && memcmp(buf, "world", 5) == 0);
  CHECK(read(fd, buf, sizeof buf) == 0);
  CHECK(pwrite(fd, "W", 1, 7) == 1);
  CHECK(pread(fd, buf, 5, 7) == 5 && memcmp(buf, "World", 5) == 0);
  CHECK(lseek(fd, -2, SEEK_END) == 10);
  CHECK(ftruncate(fd, 5) == 0 && fstat(fd, &st) == 0 && st.st_size == 5 && S_ISREG(st.st_mode));
  CHECK(fsync(fd) == 0 && fdatasync(fd) == 0);
  CHECK(close(fd) == 0);
  FAILS(open("file", O_RDWR | O_CREAT | O_EXCL, 0666), EEXIST);
  FAILS(open("none", O_RDONLY), ENOENT);
  FAILS(open("file/x", O_RDONLY), ENOTDIR);
  FAILS(open("file", O_RDONLY | O_DIRECTORY), ENOTDIR);
  fd = open("file", O_WRONLY | O_APPEND);
  CHECK(fd >= 0 && write(fd, "!", 1) == 1 && write(fd, "?", 1) == 1 && close(fd) == 0);
  CHECK(stat("file", &st) == 0 && st.st_size == 7);
  fd = open("file", O_WRONLY | O_TRUNC);
  CHECK(fd >= 0 && close(fd) == 0 && stat("file", &st) == 0 && st.st_size == 0);
}

static void large_file(void) {
  enum { total = 3 << 20 };
  char *buf = malloc(total), *back = malloc(total);
  CHECK(buf && back);
  for (int i = 0; i < total; i++) buf[i] = (char)(i * 7 + i / 1000);
  FILE *f = fopen("large", "w+");
  CHECK(f && fwrite(buf, 1, total, f) == total);
  rewind(f);
  CHECK(fread(back, 1, total, f) == total && memcmp(buf, back, total) == 0 && fgetc(f) == EOF);
  CHECK(fclose(f) == 0 && unlink("large") == 0);
  free(buf);
  free(back);
}

static void folders(void) {
  struct stat st;
  CHECK(mkdir("dir", 0777) == 0 && mkdir("dir/sub", 0777) == 0);
  FAILS(mkdir("dir", 0777), EEXIST);
  FAILS(rmdir("dir"), ENOTEMPTY);
  FAILS(rmdir("file"), ENOTDIR);
  CHECK(rename("file", "dir/sub/moved") == 0);
  FAILS(stat("file", &st), ENOENT);
  CHECK(rename("dir/sub", "dir/other") == 0 && stat("dir/other/moved", &st) == 0);
  FAILS(rename("dir", "dir/other/x"), EINVAL);
  CHECK(mkdir("empty", 0777) == 0 && rename("dir/other", "empty") == 0);
  CHECK(rename("empty/moved", "file") == 0 && rmdir("empty") == 0);
  for (int i = 0; i < 300; i++) {
    char name[32];
    snprintf(name, sizeof name, "dir/%d", i);
    int fd = open(name, O_WRONLY | O_CREAT, 0666);
    CHECK(fd >= 0 && close(fd) == 0);
  }
  DIR *d = opendir("dir");
  int seen = 0, dots = 0;
  for (struct dirent *e; (e = readdir(d));) {
    if (e->d_name[0] == '.')
      dots++;
    else
      seen += e->d_type == DT_REG && atoi(e->d_name) < 300;
  }
  CHECK(seen == 300 && dots == 2);
  CHECK(closedir(d) == 0);
}

static void links(void) {
  char buf[64];
  struct stat a, b;
  CHECK(link("file", "second") == 0 && stat("file", &a) == 0 && stat("second", &b) == 0);
  CHECK(a.st_ino == b.st_ino && a.st_nlink == 2);
  CHECK(stat("dir", &b) == 0 && a.st_ino != b.st_ino);
  CHECK(symlink("../file", "dir/link") == 0);
  CHECK(readlink("dir/link", buf, sizeof buf) == 7 && memcmp(buf, "../file", 7) == 0);
  CHECK(lstat("dir/link", &a) == 0 && S_ISLNK(a.st_mode));
  CHECK(stat("dir/link", &a) == 0 && S_ISREG(a.st_mode));
  FAILS(open("dir/link", O_RDONLY | O_NOFOLLOW), ELOOP);
  FAILS(symlink("/etc/passwd", "bad"), EPERM);
  FAILS(symlink("../outside", "bad"), EPERM);
  FAILS(rename("dir/link", "link"), EPERM);
  FAILS(open("../outside", O_RDONLY), EPERM);
  FAILS(open("dir/../../outside", O_RDONLY), EPERM);
  CHECK(unlink("dir/link") == 0 && unlink("second") == 0);
  FAILS(unlink("dir"), EISDIR);
}

static void times(void) {
  struct stat st;
  struct timespec set[2] = {{.tv_sec = 1000, .tv_nsec = 5000}, {.tv_sec = 2000, .tv_nsec = 7000}};
  CHECK(utimensat(AT_FDCWD, "file", set, 0) == 0 && stat("file", &st) == 0);
  CHECK(st.st_atim.tv_sec == 1000 && st.st_atim.tv_nsec == 5000);
  CHECK(st.st_mtim.tv_sec == 2000 && st.st_mtim.tv_nsec == 7000);
  int fd = open("file", O_RDWR);
  set[0].tv_sec = 3000;
  CHECK(futimens(fd, set) == 0 && fstat(fd, &st) == 0);
  CHECK(st.st_atim.tv_sec == 3000 && st.st_mtim.tv_sec == 2000);
  CHECK(close(fd) == 0);
}

static void files(void) {
  write_and_read();
  large_file();
  folders();
  links();
  times();
}

static void readonly(void) {
  char buf[64];
  struct stat st;
  int fd = open("file", O_RDONLY);
  CHECK(fd >= 0 && read(fd, buf, sizeof buf) > 0 && stat("file", &st) == 0);
  FAILS(open("file", O_WRONLY), EPERM);
  FAILS(open("file", O_RDWR), EPERM);
  FAILS(open("file", O_RDONLY | O_TRUNC), EPERM);
  FAILS(open("new", O_RDONLY | O_CREAT, 0666), EPERM);
  FAILS(mkdir("new", 0777), EPERM);
  FAILS(rmdir("sub"), EPERM);
  FAILS(unlink("file"), EPERM);
  FAILS(rename("file", "new"), EPERM);
  FAILS(link("file", "new"), EPERM);
  FAILS(symlink("file", "new"), EPERM);
  FAILS(utimensat(AT_FDCWD, "file", NULL, 0), EPERM);
  FAILS(futimens(fd, NULL), EPERM);
}

static void surroundings(int argc, char **argv) {
  for (int i = 0; i < argc; i++) printf("argument %s\n", argv[i]);
  extern char **environ;
  for (char **e = environ; *e; e++) printf("environment %s\n", *e);
  struct timespec before, after, tenth = {.tv_nsec = 10000000};
  CHECK(clock_gettime(CLOCK_REALTIME, &before) == 0 && before.tv_sec > 1600000000);
  CHECK(clock_gettime(CLOCK_MONOTONIC, &before) == 0 && nanosleep(&tenth, NULL) == 0);
  CHECK(clock_gettime(CLOCK_MONOTONIC, &after) == 0);
  CHECK((after.tv_sec - before.tv_sec) * 1000000000ll + after.tv_nsec - before.tv_nsec >= tenth.tv_nsec);
  unsigned char a[200] = {0}, b[200] = {0};
  CHECK(getentropy(a, sizeof a) == 0 && getentropy(b, sizeof b) == 0 && memcmp(a, b, sizeof a) != 0);
  for (int fd = 0; fd < 3; fd++) printf("terminal %d\n", isatty(fd));
}

static void cat(void) {
  char buf[10000];
  struct pollfd p = {.fd = 0, .events = POLLIN};
  for (;;) {
    CHECK(poll(&p, 1, -1) == 1);
    ssize_t n = read(0, buf, sizeof buf);
    CHECK(n >= 0);
    if (n <= 0) break;
    for (ssize_t done = 0; done < n;) {
      ssize_t w = write(1, buf + done, n - done);
      CHECK(w > 0);
      if (w <= 0) return;
      done += w;
    }
  }
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "", *arg = argc > 2 ? argv[2] : "";
  if (strcmp(what, "files") == 0) {
    CHECK(chdir(arg) == 0);
    files();
  } else if (strcmp(what, "readonly") == 0) {
    CHECK(chdir(arg) == 0);
    readonly();
  } else if (strcmp(what, "surroundings") == 0) {
    surroundings(argc, argv);
  } else if (strcmp(what, "cat") == 0) {
    cat();
  } else if (strcmp(what, "exit") == 0) {
    exit(atoi(arg));
  } else {
    CHECK(!"a test of that name");
  }
  fflush(stdout);
  return failures != 0;
}
