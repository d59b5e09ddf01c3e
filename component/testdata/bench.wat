;; What the benchmarks run: exports that return what they are given, and loops that
;; call the host, or another component instance, many times.
(component
  (import "host-u32" (func $host-u32 (param "v" u32) (result u32)))
  (import "host-string" (func $host-string (param "v" string) (result string)))
  (import "host-bytes" (func $host-bytes (param "v" (list u8)) (result (list u8))))

  (type $level-type (enum "low" "middle" "high"))
  (import "level" (type $level (eq $level-type)))
  (type $row-type (record (field "name" string) (field "place" string) (field "size" u64)
    (field "level" $level) (field "note" (option string))))
  (import "row" (type $row (eq $row-type)))
  (import "take-rows" (func $take-rows (param "v" (list $row))))
  (import "give-rows" (func $give-rows (result (list $row))))

  (component $Libc
    (core module $M
      (memory (export "memory") 64)
      (global $next (mut i32) (i32.const 4096))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (local $ptr i32)
        (local.set $ptr (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
        (global.set $next (i32.add (local.get $ptr) (local.get 3)))
        (local.get $ptr))
      (func (export "reset") (global.set $next (i32.const 4096)))
      (func (export "free") (param i32) (global.set $next (i32.const 4096))))
    (export "libc" (core module $M)))
  (instance $libs (instantiate $Libc))
  (alias export $libs "libc" (core module $LibcModule))

  (component $Other
    (import "libc" (core module $LibcModule
      (export "memory" (memory 64)) (export "realloc" (func (param i32 i32 i32 i32) (result i32)))
      (export "reset" (func)) (export "free" (func (param i32)))))
    (core instance $libc (instantiate $LibcModule))
    (core module $M
      (import "" "memory" (memory 64))
      (func (export "u32") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
      (func (export "echo") (param i32 i32) (result i32)
        (i32.store (i32.const 16) (local.get 0))
        (i32.store (i32.const 20) (local.get 1))
        (i32.const 16)))
    (core instance $m (instantiate $M (with "" (instance (export "memory" (memory $libc "memory"))))))
    (func (export "u32") (param "v" u32) (result u32) (canon lift (core func $m "u32")))
    (func (export "bytes") (param "v" (list u8)) (result (list u8)) (canon lift (core func $m "echo")
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")) (post-return (core func $libc "free"))))
    (func (export "string") (param "v" string) (result string) (canon lift (core func $m "echo")
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")) (post-return (core func $libc "free")))))
  (instance $other (instantiate $Other (with "libc" (core module $LibcModule))))

  (core instance $libc (instantiate $LibcModule))
  (core func $host-u32 (canon lower (func $host-u32)))
  (core func $host-string (canon lower (func $host-string) (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core func $host-bytes (canon lower (func $host-bytes) (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core func $take-rows (canon lower (func $take-rows) (memory (core memory $libc "memory"))))
  (core func $give-rows (canon lower (func $give-rows) (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core func $other-u32 (canon lower (func $other "u32")))
  (core func $other-bytes (canon lower (func $other "bytes") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))

  (core module $M
    (import "" "reset" (func $reset))
    (import "" "host-u32" (func $host-u32 (param i32) (result i32)))
    (import "" "host-string" (func $host-string (param i32 i32 i32)))
    (import "" "host-bytes" (func $host-bytes (param i32 i32 i32)))
    (import "" "memory" (memory 64))
    (import "" "take-rows" (func $take-rows (param i32 i32)))
    (import "" "give-rows" (func $give-rows (param i32)))
    (import "" "other-u32" (func $other-u32 (param i32) (result i32)))
    (import "" "other-bytes" (func $other-bytes (param i32 i32 i32)))
    (func (export "host-u32") (param $n i32)
      (loop $l
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (drop (call $host-u32 (local.get $n)))
        (br_if $l (local.get $n))))
    (func (export "other-u32") (param $n i32)
      (loop $l
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (drop (call $other-u32 (local.get $n)))
        (br_if $l (local.get $n))))
    ;; These send the same bytes again and again: what comes back is written over
    ;; what came back before.
    (func (export "host-string") (param $n i32) (param $len i32)
      (loop $l
        (call $reset)
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (call $host-string (i32.const 2097152) (local.get $len) (i32.const 16))
        (br_if $l (local.get $n))))
    (func (export "host-bytes") (param $n i32) (param $len i32)
      (loop $l
        (call $reset)
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (call $host-bytes (i32.const 2097152) (local.get $len) (i32.const 16))
        (br_if $l (local.get $n))))
    (func (export "take-rows") (param $n i32)
      (call $reset)
      (call $give-rows (i32.const 16))
      (loop $l
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (call $take-rows (i32.load (i32.const 16)) (i32.load (i32.const 20)))
        (br_if $l (local.get $n))))
    (func (export "give-rows") (param $n i32)
      (loop $l
        (call $reset)
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (call $give-rows (i32.const 16))
        (br_if $l (local.get $n))))
    (func (export "other-bytes") (param $n i32) (param $len i32)
      (loop $l
        (call $reset)
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (call $other-bytes (i32.const 2097152) (local.get $len) (i32.const 16))
        (br_if $l (local.get $n)))))
  (core instance $m (instantiate $M (with "" (instance
    (export "reset" (func $libc "reset")) (export "memory" (memory $libc "memory"))
    (export "take-rows" (func $take-rows)) (export "give-rows" (func $give-rows))
    (export "host-u32" (func $host-u32)) (export "host-string" (func $host-string)) (export "host-bytes" (func $host-bytes))
    (export "other-u32" (func $other-u32)) (export "other-bytes" (func $other-bytes))))))

  (func (export "u32") (alias export $other "u32"))
  (func (export "string") (alias export $other "string"))
  (func (export "bytes") (alias export $other "bytes"))
  (func (export "call-host-u32") (param "n" u32) (canon lift (core func $m "host-u32")))
  (func (export "call-take-rows") (param "n" u32) (canon lift (core func $m "take-rows")))
  (func (export "call-give-rows") (param "n" u32) (canon lift (core func $m "give-rows")))
  (func (export "call-other-u32") (param "n" u32) (canon lift (core func $m "other-u32")))
  (func (export "call-host-string") (param "n" u32) (param "len" u32) (canon lift (core func $m "host-string")))
  (func (export "call-host-bytes") (param "n" u32) (param "len" u32) (canon lift (core func $m "host-bytes")))
  (func (export "call-other-bytes") (param "n" u32) (param "len" u32) (canon lift (core func $m "other-bytes")))
)
