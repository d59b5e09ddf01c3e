// The icp:sync-plugin@0.1.0 world by its flat core signatures, for plugins in C:
// what a binding generator would write, in the hundred lines that are needed.
#ifndef BERTH_SYNC_PLUGIN_H
#define BERTH_SYNC_PLUGIN_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "realloc.h"

struct string {
  char *data;
  size_t size;
};

struct strings {
  struct string *items;
  size_t count;
};

struct file_input {
  struct string name, content;
};

struct input {
  struct string canister_id, environment;
  struct strings dirs;
  struct file_input *files;
  size_t file_count;
  struct string identity;
  int has_proxy;
  struct string proxy;
};

// What the plugin implements: NULL, or the text of its error.
static const char *run(const struct input *in);

enum call_type { call_update, call_query };

// The result of canister-call in memory: a case, then a pointer and a length.
struct call_result {
  uint8_t is_error;
  struct string value;
};

__attribute__((import_module("$root"), import_name("canister-call"))) extern void raw_canister_call(
    const char *method, size_t method_size, const uint8_t *arg, size_t arg_size, uint32_t type, uint32_t direct,
    uint64_t cycles, struct call_result *result);

static struct call_result canister_call(const char *method, const uint8_t *arg, size_t arg_size, enum call_type type,
                                        int direct) {
  struct call_result r;
  raw_canister_call(method, strlen(method), arg, arg_size, type, direct, 0, &r);
  return r;
}

struct exec_result {
  uint8_t is_error;
  struct string error;
};

__attribute__((export_name("exec"))) struct exec_result *exec_plugin(
    char *canister_id, size_t canister_id_size, char *environment, size_t environment_size, struct string *dirs,
    size_t dir_count, struct file_input *files, size_t file_count, char *identity, size_t identity_size, int has_proxy,
    char *proxy, size_t proxy_size) {
  static struct exec_result result;
  struct input in = {
      .canister_id = {canister_id, canister_id_size},
      .environment = {environment, environment_size},
      .dirs = {dirs, dir_count},
      .files = files,
      .file_count = file_count,
      .identity = {identity, identity_size},
      .has_proxy = has_proxy,
      .proxy = {proxy, proxy_size},
  };
  const char *error = run(&in);
  fflush(NULL);
  result.is_error = error != NULL;
  if (error != NULL) result.error = (struct string){(char *)error, strlen(error)};
  return &result;
}

// A buffer that grows.
struct buffer {
  uint8_t *data;
  size_t size, room;
};

static void put(struct buffer *b, const void *data, size_t size) {
  if (b->size + size > b->room) {
    b->room = 2 * (b->size + size);
    b->data = realloc(b->data, b->room);
    if (b->data == NULL) abort();
  }
  memcpy(b->data + b->size, data, size);
  b->size += size;
}

// Bytes with their length before them, as Candid writes texts and principals.
static void put_sized(struct buffer *b, const void *data, size_t size) {
  size_t left = size;
  do {
    uint8_t byte = (left & 0x7f) | (left > 0x7f ? 0x80 : 0);
    put(b, &byte, 1);
    left >>= 7;
  } while (left);
  put(b, data, size);
}

// The bytes of a principal's text: base 32 without the dashes, less a checksum of
// four bytes. The host wrote the text, so it is not checked again.
static void put_principal(struct buffer *b, struct string text) {
  uint8_t raw[64];
  size_t n = 0;
  uint32_t bits = 0, count = 0;
  for (size_t i = 0; i < text.size && n < sizeof raw; i++) {
    char c = text.data[i];
    if (c == '-') continue;
    bits = bits << 5 | (uint32_t)(c >= 'a' ? c - 'a' : c - '2' + 26);
    count += 5;
    if (count >= 8) raw[n++] = (uint8_t)(bits >> (count -= 8));
  }
  put_sized(b, raw + 4, n < 4 ? 0 : n - 4);
}

#endif
