// A sync plugin that reads all of a canister's entries page by page, until a page
// comes that is empty, and keeps them. By the environment's name it
//
//   honest     asks the method that gives pages
//   forgets    keeps nothing
//   tells      keeps nothing, and says how far it is
//   refused    repeats a call that nobody answers until somebody does
//   otherwise  asks the method that ignores which page is meant, and never ends
#include "sync_plugin.h"

enum { page_length = 100, types_size = 30 };

static int is(const struct string *s, const char *word) {
  return s->size == strlen(word) && memcmp(s->data, word, s->size) == 0;
}

static void put_nat(struct buffer *b, uint32_t n) {
  for (; n > 0x7f; n >>= 7) {
    uint8_t byte = n | 0x80;
    put(b, &byte, 1);
  }
  uint8_t last = n;
  put(b, &last, 1);
}

static struct call_result ask(const char *method, uint32_t start) {
  // Types: 0 = record { start : nat; length : nat }.
  static const char types[] = "DIDL\1\x6c\2\xe2\xe8\xad\xa0\x08\x7d\xe6\xa9\x9e\xf8\x09\x7d\1\0";
  struct buffer arg = {0};
  put(&arg, types, sizeof types - 1);
  put_nat(&arg, start);
  put_nat(&arg, page_length);
  struct call_result r = canister_call(method, arg.data, arg.size, call_query, 0);
  free(arg.data);
  return r;
}

// How many entries a page has: the number after its types.
static uint32_t entries(struct string page) {
  uint32_t n = 0, shift = 0;
  for (size_t i = types_size; i < page.size && shift < 32; i++, shift += 7) {
    n |= (uint32_t)(page.data[i] & 0x7f) << shift;
    if (!(page.data[i] & 0x80)) break;
  }
  return n;
}

static const char *run(const struct input *in) {
  static char error[1024];
  int tells = is(&in->environment, "tells"), forgets = tells || is(&in->environment, "forgets");
  int honest = is(&in->environment, "honest");
  uint32_t start = 0, total = 0;
  while (is(&in->environment, "refused")) {
    struct call_result r = ask("missing", 0);
    if (!r.is_error) return NULL;
    free(r.value.data);
  }
  for (;; start += page_length) {
    struct call_result page = ask(honest ? "page" : "list", start);
    if (page.is_error) {
      snprintf(error, sizeof error, "list: %.*s", (int)page.value.size, page.value.data);
      return error;
    }
    uint32_t count = entries(page.value);
    if (forgets || count == 0) free(page.value.data);
    if (count == 0) break;
    total += count;
    if (tells) {
      printf("%u entries\n", (unsigned)total);
      fflush(stdout);
    }
  }
  fprintf(stderr, "the canister holds %u entries\n", (unsigned)total);
  return NULL;
}
