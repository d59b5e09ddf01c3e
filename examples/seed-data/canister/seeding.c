// The canister of the example: a controller names an uploader, the uploader
// registers items by name, anybody may look at them. State lives in memory and does
// not survive an upgrade.
#include "canister.h"

enum { max_items = 4096 };

struct item {
  struct text name, content;
};

static struct item items[max_items];
static u32 item_count;
static struct principal uploader;
static int has_uploader;

// Reads the argument and checks that its header is exactly this one: no type
// table, then the primitive types given.
static struct cursor argument(const char *header, u32 size) {
  struct cursor c = raw_argument();
  for (u32 i = 0; i < size; i++)
    if (take(&c) != (u8)header[i]) FAIL("the argument has an unexpected type");
  return c;
}

static void reply_nothing(void) {
  append("DIDL\0\0", 6);
  msg_reply();
}

EXPORT("canister_update set_uploader") void set_uploader(void) {
  struct principal who = caller();
  if (!is_controller(ADDR(who.data), who.size)) FAIL("only a controller can call set_uploader");
  struct cursor c = argument("DIDL\0\1\x68\1", 8);
  struct text p = take_bytes(&c);
  if (p.size > principal_bytes) FAIL("a principal has at most 29 bytes");
  memcpy(uploader.data, p.data, p.size);
  uploader.size = p.size;
  has_uploader = 1;
  reply_nothing();
}

// The item of that name, or a new one.
static struct item *find(struct text name) {
  for (u32 i = 0; i < item_count; i++)
    if (same(items[i].name.data, items[i].name.size, name.data, name.size)) return &items[i];
  if (item_count == max_items) FAIL("the canister is full");
  return &items[item_count++];
}

EXPORT("canister_update register") void register_item(void) {
  struct principal who = caller();
  if (!has_uploader || !same(who.data, who.size, uploader.data, uploader.size))
    FAIL("only the uploader can call register");
  struct cursor c = argument("DIDL\0\2\x71\x71", 8);
  struct text name = take_bytes(&c);
  struct item *item = find(name);
  item->name = name;
  item->content = take_bytes(&c);
  reply_nothing();
}

EXPORT("canister_query show") void show(void) {
  // Types: 0 = record { text; text }, 1 = vec 0, 2 = opt principal.
  static const u8 header[] = "DIDL\3\x6c\2\0\x71\1\x71\x6d\0\x6e\x68\2\2\1";
  append(header, sizeof header - 1);
  append(has_uploader ? "\1\1" : "\0", has_uploader ? 2 : 1);
  if (has_uploader) append_text((struct text){uploader.data, uploader.size});
  append_leb(item_count);
  for (u32 i = 0; i < item_count; i++) {
    append_text(items[i].name);
    append_text(items[i].content);
  }
  msg_reply();
}
