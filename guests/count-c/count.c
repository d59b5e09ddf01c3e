// A plain program: counts the lines of the file its argument names.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "realloc.h"

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: count FILE\n");
    return 2;
  }
  FILE *f = fopen(argv[1], "r");
  if (f == NULL) {
    fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
    return 1;
  }
  int lines = 0;
  for (int c; (c = fgetc(f)) != EOF;) lines += c == '\n';
  printf("%s has %d lines\n", argv[1], lines);
  return fclose(f) == 0 ? 0 : 1;
}
