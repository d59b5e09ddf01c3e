// The proxy canister of the local network: forwards a call for its controllers,
// so that the callee sees the proxy as the caller, and attaches cycles to it.
#include "canister.h"

typedef unsigned long long u64;

IC0(accept_message) void accept_message(void);
IC0(msg_method_name_size) u32 msg_method_name_size(void);
IC0(msg_method_name_copy) void msg_method_name_copy(u32 dst, u32 offset, u32 size);
IC0(msg_reject_msg_size) u32 msg_reject_msg_size(void);
IC0(msg_reject_msg_copy) void msg_reject_msg_copy(u32 dst, u32 offset, u32 size);
IC0(canister_cycle_balance128) void canister_cycle_balance128(u32 dst);
IC0(call_new) void call_new(u32 callee, u32 callee_size, u32 name, u32 name_size, u32 on_reply,
                            u32 reply_env, u32 on_reject, u32 reject_env);
IC0(call_data_append) void call_data_append(u32 src, u32 size);
IC0(call_cycles_add128) void call_cycles_add128(u64 high, u64 low);
IC0(call_with_best_effort_response) void call_with_best_effort_response(u32 seconds);
IC0(call_perform) u32 call_perform(void);

enum { answer_within_seconds = 60 };

struct nat128 {
  u64 low, high;
};

// The fields of ProxyArgs by Candid's hash of their names, in the order in which
// they stand on the wire, each with the type it must have.
enum { method_id = 156956385u, args_id = 1081380189u, canister_id = 1313628723u, cycles_id = 2190693645u };
enum { type_principal = 0x68, type_text = 0x71, type_nat = 0x7d, type_nat8 = 0x7b, op_vec = 0x6d, op_record = 0x6c };

// A type in the table: a vec of bytes, or a record of four fields.
struct type {
  u8 op;
  u32 ids[4], fields[4];
};

static void expect(struct cursor *c, u8 want) {
  if (take(c) != want) FAIL("the argument is not a ProxyArgs record");
}

static struct type take_type(struct cursor *c) {
  struct type t = {0};
  t.op = take(c);
  if (t.op == op_vec) {
    expect(c, type_nat8);
  } else {
    if (t.op != op_record || take(c) != 4) FAIL("the argument is not a ProxyArgs record");
    for (int i = 0; i < 4; i++) {
      t.ids[i] = take_leb(c);
      t.fields[i] = take(c);
    }
  }
  return t;
}

static void check_types(struct cursor *c) {
  struct type types[2];
  expect(c, 2);
  types[0] = take_type(c);
  types[1] = take_type(c);
  expect(c, 1);
  u8 arg = take(c);
  if (arg > 1 || types[arg].op != op_record || types[1 - arg].op != op_vec)
    FAIL("the argument is not a ProxyArgs record");
  struct type t = types[arg];
  u32 blob = 1 - arg;
  if (t.ids[0] != method_id || t.fields[0] != type_text || t.ids[1] != args_id || t.fields[1] != blob ||
      t.ids[2] != canister_id || t.fields[2] != type_principal || t.ids[3] != cycles_id ||
      t.fields[3] != type_nat)
    FAIL("the argument is not a ProxyArgs record");
}

static struct nat128 take_nat(struct cursor *c) {
  struct nat128 n = {0, 0};
  for (u32 shift = 0; shift < 128; shift += 7) {
    u64 b = take(c);
    u64 bits = b & 0x7f;
    if (shift < 64) n.low |= bits << shift;
    if (shift < 64 && shift > 57) n.high |= bits >> (64 - shift);
    if (shift >= 64) n.high |= bits << (shift - 64);
    if (b < 0x80) return n;
  }
  FAIL("the number of cycles is too large");
  return n;
}

static void append_nat(struct nat128 n) {
  u8 out[19];
  u32 size = 0;
  do {
    u8 b = n.low & 0x7f;
    n.low = n.low >> 7 | n.high << 57;
    n.high >>= 7;
    out[size++] = b | (n.low || n.high ? 0x80 : 0);
  } while (n.low || n.high);
  append(out, size);
}

// The type table of ProxyResult, and its one value of type 0.
static void start_result(void) {
  static const u8 header[] =
      "DIDL\6"
      "\x6b\2\xbc\x8a\1\1\xc5\xfe\xd2\1\3"                    // 0: variant { Ok : 1; Err : 3 }
      "\x6c\1\xdd\xd1\x91\x44\2"                              // 1: record { result : 2 }
      "\x6d\x7b"                                              // 2: vec nat8
      "\x6b\3\x9b\xc2\xfe\x4e\4\x90\xf3\x9a\xc4\7\5\xbf\xa5\xd7\xb1\x0b\x7f" // 3: CallFailed, InsufficientCycles, UnauthorizedUser
      "\x6c\1\xc4\x9f\xf4\xe4\x0f\x71"                        // 4: record { reason : text }
      "\x6c\2\xc9\xb3\x8d\xbc\7\x7d\xdf\xa2\x8a\x93\x0b\x7d" // 5: record { available : nat; required : nat }
      "\1\0";
  append(header, sizeof header - 1);
}

static void reply_call_failed(struct text reason) {
  start_result();
  append("\1\0", 2);
  append_text(reason);
  msg_reply();
}

// Nothing in the heap outlives a message, so each one starts with an empty heap:
// what a call carries is copied out when it is made.
static void on_reply(u32 env) {
  (void)env;
  heap_used = 0;
  struct text result = {0};
  result.size = msg_arg_data_size();
  u8 *data = alloc(result.size);
  msg_arg_data_copy(ADDR(data), 0, result.size);
  result.data = data;
  start_result();
  append("\0", 1);
  append_text(result);
  msg_reply();
}

static void on_reject(u32 env) {
  (void)env;
  heap_used = 0;
  struct text reason = {0};
  reason.size = msg_reject_msg_size();
  u8 *data = alloc(reason.size);
  msg_reject_msg_copy(ADDR(data), 0, reason.size);
  reason.data = data;
  reply_call_failed(reason);
}

// Non-controllers are turned away before a call of theirs costs anything.
EXPORT("canister_inspect_message") void inspect_message(void) {
  struct principal who = caller();
  u8 name[5];
  if (msg_method_name_size() != 5) return;
  msg_method_name_copy(ADDR(name), 0, 5);
  if (same(name, 5, (const u8 *)"proxy", 5) && is_controller(ADDR(who.data), who.size)) accept_message();
}

EXPORT("canister_update proxy") void proxy(void) {
  struct principal who = caller();
  if (!is_controller(ADDR(who.data), who.size)) {
    start_result();
    append("\1\2", 2);
    msg_reply();
    return;
  }
  heap_used = 0;
  struct cursor c = raw_argument();
  for (int i = 0; i < 4; i++) expect(&c, "DIDL"[i]);
  check_types(&c);
  struct text method = take_bytes(&c);
  struct text args = take_bytes(&c);
  expect(&c, 1);
  struct text callee = take_bytes(&c);
  struct nat128 cycles = take_nat(&c);
  struct nat128 balance;
  canister_cycle_balance128(ADDR(&balance));
  if (cycles.high > balance.high || (cycles.high == balance.high && cycles.low > balance.low)) {
    start_result();
    append("\1\1", 2);
    append_nat(balance);
    append_nat(cycles);
    msg_reply();
    return;
  }
  call_new(ADDR(callee.data), callee.size, ADDR(method.data), method.size, ADDR(on_reply), 0, ADDR(on_reject), 0);
  call_data_append(ADDR(args.data), args.size);
  call_with_best_effort_response(answer_within_seconds);
  if (cycles.low || cycles.high) call_cycles_add128(cycles.high, cycles.low);
  if (call_perform() != 0) {
    static const u8 reason[] = "the network could not take the call";
    reply_call_failed((struct text){reason, sizeof reason - 1});
  }
}
