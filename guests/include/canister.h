// What our canisters in C share: the system interface ("ic0"), a bump heap and a
// few lines of Candid. Freestanding, wasm32. Include it once per canister.
#ifndef BERTH_CANISTER_H
#define BERTH_CANISTER_H

typedef unsigned char u8;
typedef unsigned int u32;

#define IC0(name) __attribute__((import_module("ic0"), import_name(#name))) extern
#define EXPORT(name) __attribute__((export_name(name)))

IC0(msg_arg_data_size) u32 msg_arg_data_size(void);
IC0(msg_arg_data_copy) void msg_arg_data_copy(u32 dst, u32 offset, u32 size);
IC0(msg_caller_size) u32 msg_caller_size(void);
IC0(msg_caller_copy) void msg_caller_copy(u32 dst, u32 offset, u32 size);
IC0(msg_reply) void msg_reply(void);
IC0(msg_reply_data_append) void msg_reply_data_append(u32 src, u32 size);
IC0(is_controller) u32 is_controller(u32 src, u32 size);
IC0(trap) void ic0_trap(u32 src, u32 size);

#define ADDR(p) ((u32)(unsigned long)(p))
#define FAIL(text) ic0_trap(ADDR(text), sizeof(text) - 1)

enum { heap_bytes = 4 << 20, principal_bytes = 29 };

struct text {
  const u8 *data;
  u32 size;
};

static u8 heap[heap_bytes];
static u32 heap_used;

// The compiler calls it for struct copies.
void *memcpy(void *dst, const void *src, unsigned long size) {
  u8 *d = dst;
  const u8 *s = src;
  while (size--) *d++ = *s++;
  return dst;
}

static int same(const u8 *a, u32 a_size, const u8 *b, u32 b_size) {
  if (a_size != b_size) return 0;
  for (u32 i = 0; i < a_size; i++)
    if (a[i] != b[i]) return 0;
  return 1;
}

static u8 *alloc(u32 size) {
  if (size > heap_bytes - heap_used) FAIL("the canister is full");
  u8 *p = heap + heap_used;
  heap_used += size;
  return p;
}

// A cursor over the argument. Reading past the end traps.
struct cursor {
  const u8 *at;
  u32 left;
};

static u8 take(struct cursor *c) {
  if (c->left == 0) FAIL("the argument is cut short");
  c->left--;
  return *c->at++;
}

static u32 take_leb(struct cursor *c) {
  u32 value = 0;
  for (u32 shift = 0; shift < 32; shift += 7) {
    u8 b = take(c);
    value |= (u32)(b & 0x7f) << shift;
    if (b < 0x80) return value;
  }
  FAIL("a number in the argument is too large");
  return 0;
}

static struct text take_bytes(struct cursor *c) {
  struct text t = {0};
  t.size = take_leb(c);
  if (t.size > c->left) FAIL("the argument is cut short");
  t.data = c->at;
  c->at += t.size;
  c->left -= t.size;
  return t;
}

static void append(const void *p, u32 size) { msg_reply_data_append(ADDR(p), size); }

static void append_leb(u32 value) {
  u8 out[5];
  u32 n = 0;
  do {
    out[n] = (value & 0x7f) | (value > 0x7f ? 0x80 : 0);
    value >>= 7;
    n++;
  } while (value);
  append(out, n);
}

static void append_text(struct text t) {
  append_leb(t.size);
  append(t.data, t.size);
}

struct principal {
  u8 data[principal_bytes];
  u32 size;
};

static struct principal caller(void) {
  struct principal p;
  p.size = msg_caller_size();
  msg_caller_copy(ADDR(p.data), 0, p.size);
  return p;
}

static struct cursor raw_argument(void) {
  struct cursor c;
  c.left = msg_arg_data_size();
  u8 *data = alloc(c.left);
  msg_arg_data_copy(ADDR(data), 0, c.left);
  c.at = data;
  return c;
}

#endif
