// The example's sync plugin in C: makes the identity the uploader, then registers
// every file of every folder it was given.
#include <dirent.h>
#include <sys/stat.h>

#include "sync_plugin.h"

static char error[4096];
static int registered;

static const char *failed(const char *what, const char *path, struct string why) {
  snprintf(error, sizeof error, "%s %s: %.*s", what, path, (int)why.size, why.data);
  return error;
}

static const char *failed_io(const char *what, const char *path) {
  snprintf(error, sizeof error, "%s %s: %m", what, path);
  return error;
}

static const char *set_uploader(const struct input *in) {
  struct buffer arg = {0};
  put(&arg, "DIDL\0\1\x68\1", 8);
  put_principal(&arg, in->identity);
  struct call_result r = canister_call("set_uploader", arg.data, arg.size, call_update, 0);
  return r.is_error ? failed("set_uploader", "", r.value) : NULL;
}

static int is_space(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static struct buffer read_trimmed(FILE *f) {
  struct buffer b = {0};
  char chunk[4096];
  for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0;) put(&b, chunk, n);
  while (b.size > 0 && is_space(b.data[b.size - 1])) b.size--;
  size_t start = 0;
  while (start < b.size && is_space(b.data[start])) start++;
  memmove(b.data, b.data + start, b.size - start);
  b.size -= start;
  return b;
}

static const char *register_file(const char *path) {
  FILE *f = fopen(path, "r");
  if (f == NULL) return failed_io("open", path);
  struct buffer content = read_trimmed(f);
  fclose(f);
  struct buffer arg = {0};
  put(&arg, "DIDL\0\2\x71\x71", 8);
  put_sized(&arg, path, strlen(path));
  put_sized(&arg, content.data, content.size);
  struct call_result r = canister_call("register", arg.data, arg.size, call_update, 1);
  free(arg.data);
  free(content.data);
  if (r.is_error) return failed("register", path, r.value);
  printf("%s: ok\n", path);
  registered++;
  return NULL;
}

static const char *walk(const char *dir);

static const char *visit(const char *path) {
  struct stat st;
  if (lstat(path, &st) != 0) return failed_io("stat", path);
  if (S_ISDIR(st.st_mode)) return walk(path);
  return S_ISREG(st.st_mode) ? register_file(path) : NULL;
}

static const char *walk(const char *dir) {
  struct dirent **entries;
  int n = scandir(dir, &entries, NULL, alphasort);
  if (n < 0) return failed_io("read_dir", dir);
  const char *err = NULL;
  for (int i = 0; i < n; i++) {
    const char *name = entries[i]->d_name;
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (err == NULL && strcmp(name, ".") != 0 && strcmp(name, "..") != 0) err = visit(path);
    free(entries[i]);
  }
  free(entries);
  return err;
}

static const char *run(const struct input *in) {
  printf("seeding %.*s\n", (int)in->canister_id.size, in->canister_id.data);
  const char *err = set_uploader(in);
  for (size_t i = 0; err == NULL && i < in->dirs.count; i++) {
    char dir[4096];
    snprintf(dir, sizeof dir, "%.*s", (int)in->dirs.items[i].size, in->dirs.items[i].data);
    err = walk(dir);
  }
  if (err != NULL) return err;
  fprintf(stderr, "registered %d item(s) in canister %.*s (environment: %.*s)\n", registered,
          (int)in->canister_id.size, in->canister_id.data, (int)in->environment.size, in->environment.data);
  return NULL;
}
