// A guest that misbehaves as it is told: `spin`, `escape-dotdot`, and so on. Built
// twice: as a sync plugin, told by the name of the environment, and as a command,
// told by its first argument. Both get the folder to work on, if any.
//
// What was attempted and refused is success here: the guest says so and returns
// no error. What was attempted and *worked* is an error that says what got out.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "realloc.h"

static char report[512];

static const char *spin(void) {
  printf("spinning\n");
  fflush(stdout);
  for (volatile unsigned i = 0;; i++) {
  }
}

static const char *spin_clock(void) {
  struct timespec t;
  for (;;) clock_gettime(CLOCK_MONOTONIC, &t);
}

static volatile int depth;
static int deeper(int n) {
  depth++;
  return deeper(n + 1) + depth;
}
static const char *recurse(void) {
  snprintf(report, sizeof report, "recursion ended with %d", deeper(0));
  return report;
}

static char *volatile kept;
static const char *allocate(void) {
  for (;;) {
    kept = malloc(1 << 20);
    if (kept == NULL) abort();
    memset(kept, 1, 1 << 20);
  }
}

static const char *print(void) {
  static char line[1000];
  memset(line, 'x', sizeof line);
  line[sizeof line - 1] = '\n';
  for (int i = 0; i < 100 * 1000; i++)
    if (fwrite(line, 1, sizeof line, stdout) != sizeof line) return "stdout refused bytes";
  return NULL;
}

// Expects that opening fails, and says with what.
static const char *must_not_open(const char *path, int flags) {
  int fd = open(path, flags, 0666);
  if (fd >= 0) {
    snprintf(report, sizeof report, "%s could be opened", path);
    return report;
  }
  printf("%s: %s\n", path, strerror(errno));
  return NULL;
}

static const char *in(const char *dir, const char *name) {
  static char path[256];
  snprintf(path, sizeof path, "%s/%s", dir, name);
  return path;
}

static const char *change(const char *dir) {
  const char *err = must_not_open(in(dir, "new-file"), O_CREAT | O_WRONLY);
  if (err == NULL) err = must_not_open(in(dir, "inside.txt"), O_WRONLY);
  if (err == NULL) err = must_not_open(in(dir, "inside.txt"), O_WRONLY | O_TRUNC);
  if (err == NULL && mkdir(in(dir, "new-folder"), 0777) == 0) err = "mkdir worked";
  if (err == NULL && unlink(in(dir, "inside.txt")) == 0) err = "unlink worked";
  if (err == NULL && symlink("inside.txt", in(dir, "new-link")) == 0) err = "symlink worked";
  char from[256];
  snprintf(from, sizeof from, "%s", in(dir, "inside.txt"));
  if (err == NULL && rename(from, in(dir, "renamed")) == 0) err = "rename worked";
  if (err == NULL && link(from, in(dir, "linked")) == 0) err = "link worked";
  return err;
}

static const char *act(const char *what, const char *dir) {
  if (strcmp(what, "spin") == 0) return spin();
  if (strcmp(what, "spin-clock") == 0) return spin_clock();
  if (strcmp(what, "recurse") == 0) return recurse();
  if (strcmp(what, "allocate") == 0) return allocate();
  if (strcmp(what, "print") == 0) return print();
  if (strcmp(what, "change") == 0) return change(dir);
  if (strcmp(what, "escape-dotdot") == 0) return must_not_open(in(dir, "../outside.txt"), O_RDONLY);
  if (strcmp(what, "escape-absolute") == 0) return must_not_open("/etc/passwd", O_RDONLY);
  if (strcmp(what, "escape-symlink") == 0) return must_not_open(in(dir, "link-out"), O_RDONLY);
  if (strcmp(what, "fifo") == 0) return must_not_open(in(dir, "fifo"), O_RDONLY);
  if (strcmp(what, "exit-0") == 0) exit(0);
  if (strcmp(what, "exit-3") == 0) exit(3);
  if (strcmp(what, "panic") == 0) {
    fprintf(stderr, "panicked at 'the guest gave up'\n");
    __builtin_trap();
  }
  if (strcmp(what, "error") == 0) return "deliberate failure";
  if (strcmp(what, "hello") == 0) {
    fprintf(stderr, "hello\n");
    return NULL;
  }
  return "the hostile guest does not know what to do";
}

#ifdef SYNC_PLUGIN
#include "sync_plugin.h"

static const char *run(const struct input *in) {
  char what[64], dir[64] = ".";
  snprintf(what, sizeof what, "%.*s", (int)in->environment.size, in->environment.data);
  if (in->dirs.count > 0) snprintf(dir, sizeof dir, "%.*s", (int)in->dirs.items[0].size, in->dirs.items[0].data);
  return act(what, dir);
}
#else
int main(int argc, char **argv) {
  const char *error = act(argc > 1 ? argv[1] : "hello", argc > 2 ? argv[2] : ".");
  if (error == NULL) return 0;
  fprintf(stderr, "%s\n", error);
  return 1;
}
#endif
