// A canister that does what its argument says: the argument is a program for a
// small stack machine. Tests of the network compose programs, see
// universal_test.go, which names the instructions.
//
// Rebuilt by TestUniversalCanisterIsBuiltFromSource with
//   clang-16 --target=wasm32-unknown-unknown -O2 -nostdlib -fno-builtin
//     -Wl,--no-entry -Wl,--strip-all -o universal.wasm universal.c

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define IC0(ret, name, ...) __attribute__((import_module("ic0"), import_name(#name))) extern ret ic0_##name(__VA_ARGS__);
IC0(u32, msg_arg_data_size, void)
IC0(void, msg_arg_data_copy, void *, u32, u32)
IC0(u32, msg_caller_size, void)
IC0(void, msg_caller_copy, void *, u32, u32)
IC0(u32, msg_reject_code, void)
IC0(u32, msg_reject_msg_size, void)
IC0(void, msg_reject_msg_copy, void *, u32, u32)
IC0(u64, msg_deadline, void)
IC0(void, msg_reply_data_append, const void *, u32)
IC0(void, msg_reply, void)
IC0(void, msg_reject, const void *, u32)
IC0(u64, msg_cycles_available, void)
IC0(void, msg_cycles_available128, void *)
IC0(void, msg_cycles_refunded128, void *)
IC0(void, msg_cycles_accept128, u64, u64, void *)
IC0(u64, canister_cycle_balance, void)
IC0(void, canister_cycle_balance128, void *)
IC0(void, cycles_burn128, u64, u64, void *)
IC0(u32, canister_self_size, void)
IC0(void, canister_self_copy, void *, u32, u32)
IC0(u32, canister_status, void)
IC0(u64, canister_version, void)
IC0(u32, is_controller, const void *, u32)
IC0(u32, in_replicated_execution, void)
IC0(u32, msg_method_name_size, void)
IC0(void, msg_method_name_copy, void *, u32, u32)
IC0(void, accept_message, void)
IC0(void, call_new, const void *, u32, const void *, u32, u32, u32, u32, u32)
IC0(void, call_on_cleanup, u32, u32)
IC0(void, call_data_append, const void *, u32)
IC0(void, call_with_best_effort_response, u32)
IC0(void, call_cycles_add128, u64, u64)
IC0(u32, call_perform, void)
IC0(u64, stable64_size, void)
IC0(u64, stable64_grow, u64)
IC0(void, stable64_write, u64, u64, u64)
IC0(void, stable64_read, u64, u64, u64)
IC0(u32, stable_size, void)
IC0(u32, stable_grow, u32)
IC0(void, certified_data_set, const void *, u32)
IC0(u32, data_certificate_present, void)
IC0(u32, data_certificate_size, void)
IC0(void, data_certificate_copy, void *, u32, u32)
IC0(u64, time, void)
IC0(u64, global_timer_set, u64)
IC0(u64, performance_counter, u32)
IC0(u32, env_var_value_size, const void *, u32)
IC0(void, env_var_value_copy, const void *, u32, void *, u32, u32)
IC0(void, debug_print, const void *, u32)
IC0(void, trap, const void *, u32)

typedef struct { u8 *p; u32 n; u64 i; } value;
typedef struct { u8 *p; u32 n; } blob;

extern u8 __heap_base;
static u8 *heap;
static blob global, pre_upgrade, inspect, heartbeat, timer;

static void copy(u8 *to, const u8 *from, u32 n) { for (u32 k = 0; k < n; k++) to[k] = from[k]; }

static void die(const char *why) {
  u32 n = 0;
  while (why[n]) n++;
  ic0_trap(why, n);
}

static u8 *alloc(u32 n) {
  if (!heap) heap = &__heap_base;
  u8 *p = heap;
  heap += (n + 7) & ~7u;
  u32 have = __builtin_wasm_memory_size(0) * 65536u;
  if ((u32)heap > have && __builtin_wasm_memory_grow(0, ((u32)heap - have + 65535u) / 65536u) == (u32)-1) die("out of memory");
  return p;
}

static blob keep(value v) { blob b = {alloc(v.n), v.n}; copy(b.p, v.p, v.n); return b; }
static value of_int(u64 i) { value v = {0, 0, i}; return v; }
static value of_blob(u32 n) { value v = {alloc(n), n, 0}; return v; }

static value stack[256];
static u32 depth;
static value pop(void) { if (!depth) die("stack underflow"); return stack[--depth]; }
static void push(value v) { if (depth == 256) die("stack overflow of the program"); stack[depth++] = v; }

static void eval(const u8 *pc, u32 n);

static void on_reply(u32 env) { blob *b = (blob *)env; eval(b->p, b->n); }
static blob *closure(value v) { blob *b = (blob *)alloc(sizeof *b); *b = keep(v); return b; }
static u32 callback(void) { return (u32)&on_reply; }

static u32 recurse(u32 n) { volatile u8 pad[512]; pad[n % 512] = (u8)n; return n == 0 ? 0 : recurse(n + 1) + pad[0]; }

static u32 read32(const u8 *p) { return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24; }

static value bytes_of(u64 i, u32 n) { value v = of_blob(n); for (u32 k = 0; k < n; k++) v.p[k] = (u8)(i >> (8 * k)); return v; }

static void cycles(int which) {
  value v = of_blob(16);
  switch (which) {
  case 0: ic0_msg_cycles_available128(v.p); break;
  case 1: ic0_canister_cycle_balance128(v.p); break;
  case 2: ic0_msg_cycles_refunded128(v.p); break;
  case 3: ic0_msg_cycles_accept128(0, pop().i, v.p); break;
  case 4: ic0_cycles_burn128(0, pop().i, v.p); break;
  }
  push(v);
}

static void start_call(void) {
  value on_reject = pop(), on_ok = pop(), name = pop(), callee = pop();
  ic0_call_new(callee.p, callee.n, name.p, name.n, callback(), (u32)closure(on_ok), callback(), (u32)closure(on_reject));
}

static void step_message(u8 op) {
  value v, w;
  switch (op) {
  case 10: v = pop(); ic0_msg_reply_data_append(v.p, v.n); break;
  case 11: ic0_msg_reply(); break;
  case 12: v = pop(); ic0_msg_reject(v.p, v.n); break;
  case 13: v = of_blob(ic0_msg_caller_size()); ic0_msg_caller_copy(v.p, 0, v.n); push(v); break;
  case 14: v = of_blob(ic0_msg_reject_msg_size()); ic0_msg_reject_msg_copy(v.p, 0, v.n); push(v); break;
  case 15: push(of_int(ic0_msg_reject_code())); break;
  case 16: v = of_blob(ic0_msg_arg_data_size()); ic0_msg_arg_data_copy(v.p, 0, v.n); push(v); break;
  case 17: v = of_blob(ic0_canister_self_size()); ic0_canister_self_copy(v.p, 0, v.n); push(v); break;
  case 18: v = of_blob(ic0_msg_method_name_size()); ic0_msg_method_name_copy(v.p, 0, v.n); push(v); break;
  case 19: ic0_accept_message(); break;
  case 20: push(of_int(ic0_msg_deadline())); break;
  case 21: v = pop(); w = of_blob(v.i); ic0_msg_reply_data_append(w.p, w.n); break;
  case 22: w = pop(); v = pop(); ic0_msg_arg_data_copy((void *)(u32)v.i, 0, w.i); break;
  default: die("unknown instruction");
  }
}

static void step_cycles_calls(u8 op) {
  value v, w;
  switch (op) {
  case 30: case 31: case 32: case 33: case 34: cycles(op - 30); break;
  case 35: push(of_int(ic0_msg_cycles_available())); break;
  case 36: push(of_int(ic0_canister_cycle_balance())); break;
  case 40: start_call(); break;
  case 41: v = pop(); ic0_call_data_append(v.p, v.n); break;
  case 42: v = pop(); ic0_call_cycles_add128(0, v.i); break;
  case 43: v = pop(); ic0_call_on_cleanup(callback(), (u32)closure(v)); break;
  case 44: push(of_int(ic0_call_perform())); break;
  case 45: v = pop(); ic0_call_with_best_effort_response(v.i); break;
  case 46: w = pop(); v = pop(); value name = pop(), callee = pop();
    ic0_call_new(callee.p, callee.n, name.p, name.n, v.i, w.i, v.i, w.i); break;
  default: step_message(op);
  }
}

static void step_state(u8 op) {
  value v, w;
  switch (op) {
  case 50: push(of_int(ic0_stable64_size())); break;
  case 51: push(of_int(ic0_stable64_grow(pop().i))); break;
  case 52: w = pop(); v = pop(); value r = of_blob(w.i); ic0_stable64_read((u32)r.p, v.i, w.i); push(r); break;
  case 53: w = pop(); v = pop(); ic0_stable64_write(v.i, (u32)w.p, w.n); break;
  case 54: push(of_int(ic0_stable_size())); break;
  case 55: push(of_int(ic0_stable_grow(pop().i))); break;
  case 56: global = keep(pop()); break;
  case 57: v.p = global.p; v.n = global.n; v.i = 0; push(v); break;
  case 58: pre_upgrade = keep(pop()); break;
  case 59: inspect = keep(pop()); break;
  case 60: heartbeat = keep(pop()); break;
  case 61: timer = keep(pop()); break;
  case 62: v = pop(); ic0_certified_data_set(v.p, v.n); break;
  case 63: push(of_int(ic0_data_certificate_present())); break;
  case 64: v = of_blob(ic0_data_certificate_size()); ic0_data_certificate_copy(v.p, 0, v.n); push(v); break;
  case 65: push(of_int(ic0_global_timer_set(pop().i))); break;
  case 66: push(of_int(__builtin_wasm_memory_grow(0, pop().i))); break;
  default: step_cycles_calls(op);
  }
}

static void step_other(u8 op) {
  value v;
  switch (op) {
  case 70: push(of_int(ic0_time())); break;
  case 71: push(of_int(ic0_canister_version())); break;
  case 72: push(of_int(ic0_canister_status())); break;
  case 73: v = pop(); push(of_int(ic0_is_controller(v.p, v.n))); break;
  case 74: push(of_int(ic0_in_replicated_execution())); break;
  case 75: push(of_int(ic0_performance_counter(pop().i))); break;
  case 76: v = pop(); value r = of_blob(ic0_env_var_value_size(v.p, v.n)); ic0_env_var_value_copy(v.p, v.n, r.p, 0, r.n); push(r); break;
  case 77: v = pop(); ic0_debug_print(v.p, v.n); break;
  case 78: v = pop(); ic0_trap(v.p, v.n); break;
  case 79: for (volatile u32 k = 0;; k++) {} break;
  case 80: push(of_int(recurse(1))); break;
  case 81: __builtin_trap(); break;
  default: step_state(op);
  }
}

static void eval(const u8 *pc, u32 n) {
  const u8 *end = pc + n;
  value v, w;
  while (pc < end) {
    u8 op = *pc++;
    switch (op) {
    case 1: push(of_int(read32(pc) | (u64)read32(pc + 4) << 32)); pc += 8; break;
    case 2: v.n = read32(pc); v.p = (u8 *)pc + 4; v.i = 0; pc += 4 + v.n; push(v); break;
    case 3: pop(); break;
    case 4: w = pop(); v = pop(); value c = of_blob(v.n + w.n); copy(c.p, v.p, v.n); copy(c.p + v.n, w.p, w.n); push(c); break;
    case 5: push(bytes_of(pop().i, 4)); break;
    case 6: push(bytes_of(pop().i, 8)); break;
    default: step_other(op);
    }
  }
}

static void eval_arg(void) {
  depth = 0;
  value v = of_blob(ic0_msg_arg_data_size());
  ic0_msg_arg_data_copy(v.p, 0, v.n);
  eval(v.p, v.n);
}

#define EXPORT(name) __attribute__((export_name(name)))
EXPORT("canister_init") void canister_init(void) { eval_arg(); }
EXPORT("canister_post_upgrade") void canister_post_upgrade(void) { eval_arg(); }
EXPORT("canister_pre_upgrade") void canister_pre_upgrade(void) { depth = 0; eval(pre_upgrade.p, pre_upgrade.n); }
EXPORT("canister_inspect_message") void canister_inspect_message(void) {
  depth = 0;
  if (inspect.n) eval(inspect.p, inspect.n); else ic0_accept_message();
}
EXPORT("canister_heartbeat") void canister_heartbeat(void) { depth = 0; eval(heartbeat.p, heartbeat.n); }
EXPORT("canister_global_timer") void canister_global_timer(void) { depth = 0; eval(timer.p, timer.n); }
EXPORT("canister_update update") void update(void) { eval_arg(); }
EXPORT("canister_query query") void query(void) { eval_arg(); }
EXPORT("canister_composite_query composite") void composite(void) { eval_arg(); }
