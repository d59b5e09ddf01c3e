;; Calls functions of wasi:io that programs rarely do, each interface by another
;; patch version.
(component
  (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $err))

  (import "wasi:io/poll@0.2.1" (instance $poll
    (export "pollable" (type $p (sub resource)))
    (export "poll" (func (param "in" (list (borrow $p))) (result (list u32))))))
  (alias export $poll "pollable" (type $pollable))

  (import "wasi:io/streams@0.2.2" (instance $streams
    (alias outer 1 $err (type $e))
    (alias outer 1 $pollable (type $p))
    (export "input-stream" (type $in (sub resource)))
    (export "output-stream" (type $out (sub resource)))
    (type $failure (variant (case "last-operation-failed" (own $e)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $failure)))
    (export "[method]input-stream.subscribe" (func (param "self" (borrow $in)) (result (own $p))))
    (export "[method]output-stream.subscribe" (func (param "self" (borrow $out)) (result (own $p))))
    (export "[method]output-stream.check-write" (func (param "self" (borrow $out)) (result (result u64 (error $stream-error)))))
    (export "[method]output-stream.write-zeroes" (func (param "self" (borrow $out)) (param "len" u64) (result (result (error $stream-error)))))
    (export "[method]output-stream.blocking-splice" (func (param "self" (borrow $out)) (param "src" (borrow $in)) (param "len" u64)
      (result (result u64 (error $stream-error)))))))
  (alias export $streams "input-stream" (type $input))
  (alias export $streams "output-stream" (type $output))

  (import "wasi:cli/stdin@0.2.3" (instance $stdin
    (alias outer 1 $input (type $in)) (export "get-stdin" (func (result (own $in))))))
  (import "wasi:cli/stdout@0.2.4" (instance $stdout
    (alias outer 1 $output (type $out)) (export "get-stdout" (func (result (own $out))))))

  (import "wasi:cli/exit@0.2.5" (instance $exit
    (export "exit-with-code" (func (param "status-code" u8)))))

  (core module $Memory
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $next (i32.add (global.get $next) (i32.const 64)))
      (i32.sub (global.get $next) (i32.const 64))))
  (core instance $memory (instantiate $Memory))

  (core func $get-stdin (canon lower (func $stdin "get-stdin")))
  (core func $get-stdout (canon lower (func $stdout "get-stdout")))
  (core func $in-subscribe (canon lower (func $streams "[method]input-stream.subscribe")))
  (core func $out-subscribe (canon lower (func $streams "[method]output-stream.subscribe")))
  (core func $poll (canon lower (func $poll "poll") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (core func $check (canon lower (func $streams "[method]output-stream.check-write") (memory (core memory $memory "memory"))))
  (core func $zeroes (canon lower (func $streams "[method]output-stream.write-zeroes") (memory (core memory $memory "memory"))))
  (core func $splice (canon lower (func $streams "[method]output-stream.blocking-splice") (memory (core memory $memory "memory"))))
  (core func $exit (canon lower (func $exit "exit-with-code")))
  (core func $drop-pollable (canon resource.drop $pollable))

  (core module $Main
    (import "wasi" "memory" (memory 1))
    (import "wasi" "get-stdin" (func $get-stdin (result i32)))
    (import "wasi" "get-stdout" (func $get-stdout (result i32)))
    (import "wasi" "in-subscribe" (func $in-subscribe (param i32) (result i32)))
    (import "wasi" "out-subscribe" (func $out-subscribe (param i32) (result i32)))
    (import "wasi" "poll" (func $poll (param i32 i32 i32)))
    (import "wasi" "check" (func $check (param i32 i32)))
    (import "wasi" "zeroes" (func $zeroes (param i32 i64 i32)))
    (import "wasi" "splice" (func $splice (param i32 i32 i64 i32)))
    (import "wasi" "exit" (func $exit (param i32)))
    (import "wasi" "drop-pollable" (func $drop-pollable (param i32)))
    (global $in (mut i32) (i32.const 0))
    (global $out (mut i32) (i32.const 0))
    (func $open
      (global.set $in (call $get-stdin))
      (global.set $out (call $get-stdout)))

    ;; Moves all of stdin to stdout and returns how the last splice failed: 1 is closed.
    (func (export "splice") (result i32)
      (call $open)
      (loop $more
        (call $splice (global.get $out) (global.get $in) (i64.const 1000) (i32.const 16))
        (br_if $more (i32.eqz (i32.load8_u (i32.const 16)))))
      (i32.load8_u (i32.const 24)))

    ;; Writes as many zeroes as it may, and then n more.
    (func (export "zeroes") (param $n i64)
      (call $open)
      (call $check (global.get $out) (i32.const 16))
      (call $zeroes (global.get $out) (i64.add (i64.load (i32.const 24)) (local.get $n)) (i32.const 16)))

    (func (export "exit") (param $code i32) (call $exit (local.get $code)))

    ;; Polls the first n of stdin and stdout and returns how many are ready.
    (func (export "poll") (param $n i32) (result i32)
      (call $open)
      (i32.store (i32.const 16) (call $in-subscribe (global.get $in)))
      (i32.store (i32.const 20) (call $out-subscribe (global.get $out)))
      (call $poll (i32.const 16) (local.get $n) (i32.const 32))
      (call $drop-pollable (i32.load (i32.const 16)))
      (i32.load (i32.const 36))))
  (core instance $main (instantiate $Main (with "wasi" (instance
    (export "memory" (memory $memory "memory"))
    (export "get-stdin" (func $get-stdin))
    (export "get-stdout" (func $get-stdout))
    (export "in-subscribe" (func $in-subscribe))
    (export "out-subscribe" (func $out-subscribe))
    (export "poll" (func $poll))
    (export "check" (func $check))
    (export "zeroes" (func $zeroes))
    (export "splice" (func $splice))
    (export "exit" (func $exit))
    (export "drop-pollable" (func $drop-pollable))))))

  (func (export "splice") (result u8) (canon lift (core func $main "splice")))
  (func (export "zeroes") (param "n" u64) (canon lift (core func $main "zeroes")))
  (func (export "exit") (param "code" u8) (canon lift (core func $main "exit")))
  (func (export "poll") (param "n" u32) (result u32) (canon lift (core func $main "poll"))))
