// A canister that holds 230 entries. `page` gives those that are asked for; `list`
// is of the time before there were pages: it ignores its argument and gives all,
// as old asset canisters do.
#include "canister.h"

enum { entry_count = 230, digest_bytes = 32 };

// Types: 0 = record { start; length } as it is asked for.
static const char asked[] = "DIDL\1\x6c\2\xe2\xe8\xad\xa0\x08\x7d\xe6\xa9\x9e\xf8\x09\x7d\1\0";

// Types: 0 = blob, 1 = record { key; sha256; content_type }, 2 = vec 1.
static const char answer[] =
    "DIDL\3\x6d\x7b\x6c\3\x9f\x93\xc6\x02\x71\xe7\xc8\xea\xe7\x01\0\xc0\xe5\xeb\x9b\x05\x71\x6d\1\1\2";

static struct text text(const char *s, u32 size) { return (struct text){(const u8 *)s, size}; }

static void append_entry(u32 number) {
  char key[] = "/assets/page-000.html";
  for (u32 at = sizeof key - 7, n = number; n > 0; n /= 10) key[at--] += n % 10;
  u8 digest[digest_bytes];
  for (u32 i = 0; i < digest_bytes; i++) digest[i] = (u8)(number * 31 + i * 7);
  append_text(text(key, sizeof key - 1));
  append_text((struct text){digest, digest_bytes});
  append_text(text("text/html", 9));
}

static void reply(u32 start, u32 length) {
  if (start > entry_count) start = entry_count;
  if (length > entry_count - start) length = entry_count - start;
  append(answer, sizeof answer - 1);
  append_leb(length);
  for (u32 i = start; i < start + length; i++) append_entry(i);
  msg_reply();
}

EXPORT("canister_query list") void list(void) { reply(0, entry_count); }

EXPORT("canister_query page") void page(void) {
  struct cursor c = raw_argument();
  for (u32 i = 0; i < sizeof asked - 1; i++)
    if (take(&c) != (u8)asked[i]) FAIL("the argument has an unexpected type");
  u32 start = take_leb(&c);
  reply(start, take_leb(&c));
}
