// A command that walks a folder, looks at every name below it and reads every
// file: what plugins do with a folder they are given. It prints how many files
// there are and the bytes of them.
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "realloc.h"

static uint64_t files, bytes;
static char buffer[64 << 10];

static void give_up(const char *doing, const char *path) {
  fprintf(stderr, "%s ", doing);
  perror(path);
  exit(1);
}

static void read_file(const char *path) {
  ssize_t n;
  int fd = open(path, O_RDONLY);
  if (fd < 0) give_up("open", path);
  while ((n = read(fd, buffer, sizeof buffer)) > 0) bytes += (uint64_t)n;
  if (n < 0) give_up("read", path);
  close(fd);
  files++;
}

static void walk(const char *folder) {
  char path[1024];
  struct stat st;
  DIR *d = opendir(folder);
  if (d == NULL) give_up("list", folder);
  for (struct dirent *e; (e = readdir(d)) != NULL;) {
    if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
    snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
    if (lstat(path, &st) != 0) give_up("look at", path);
    if (S_ISDIR(st.st_mode)) walk(path);
    if (S_ISREG(st.st_mode)) read_file(path);
  }
  closedir(d);
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  walk(argv[1]);
  printf("%llu files, %llu bytes\n", (unsigned long long)files, (unsigned long long)bytes);
  return 0;
}
