;; A sync plugin that shows what crosses the boundary. By the first letter of the
;; environment's name it
;;
;;   c, i, p  returns the canister's id, the identity, the proxy ("none") as its error
;;   f        returns the name and the content of the last file as its error
;;   r        makes three calls, for a host that writes down what it is asked
;;
;; sync.wasm is this, assembled.
(component
  (type $call-type' (enum "update" "query"))
  (import "call-type" (type $call-type (eq $call-type')))
  (type $request' (record
    (field "method" string) (field "arg" (list u8)) (field "call-type" $call-type)
    (field "direct" bool) (field "cycles" u64)))
  (import "canister-call-request" (type $request (eq $request')))
  (import "canister-call" (func $call (param "req" $request) (result (result (list u8) (error string)))))
  (type $file' (record (field "name" string) (field "content" string)))
  (import "file-input" (type $file (eq $file')))
  (type $input' (record
    (field "canister-id" string) (field "environment" string) (field "dirs" (list string))
    (field "files" (list $file)) (field "identity-principal" string) (field "proxy-canister-id" (option string))))
  (import "sync-exec-input" (type $input (eq $input')))

  (core module $memory
    (memory (export "memory") 2)
    (global $next (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $next (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.get $next)
      (global.set $next (i32.add (global.get $next) (local.get 3)))))
  (core instance $m (instantiate $memory))
  (core func $call' (canon lower (func $call) (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))

  (core module $plugin
    (import "m" "memory" (memory 1))
    (import "host" "call" (func $call (param i32 i32 i32 i32 i32 i32 i64 i32)))
    (data (i32.const 16) "none")
    (data (i32.const 32) "plain")
    (data (i32.const 48) "direct")
    (data (i32.const 64) "question")
    (data (i32.const 80) "\01\02\03")
    ;; The result: its case at 0, the error's text at 4.
    (func $fail (param i32 i32) (result i32)
      (i32.store8 (i32.const 0) (i32.const 1))
      (i32.store (i32.const 4) (local.get 0))
      (i32.store (i32.const 8) (local.get 1))
      (i32.const 0))
    (func $exec (export "exec")
      (param $id i32) (param $id-size i32) (param $env i32) (param $env-size i32)
      (param $dirs i32) (param $dir-count i32) (param $files i32) (param $file-count i32)
      (param $who i32) (param $who-size i32) (param $has-proxy i32) (param $proxy i32) (param $proxy-size i32)
      (result i32)
      (local $what i32)
      (local $file i32)
      (local.set $what (i32.load8_u (local.get $env)))
      (if (i32.eq (local.get $what) (i32.const 99)) (then (return (call $fail (local.get $id) (local.get $id-size)))))
      (if (i32.eq (local.get $what) (i32.const 105)) (then (return (call $fail (local.get $who) (local.get $who-size)))))
      (if (i32.eq (local.get $what) (i32.const 112)) (then
        (if (local.get $has-proxy) (then (return (call $fail (local.get $proxy) (local.get $proxy-size)))))
        (return (call $fail (i32.const 16) (i32.const 4)))))
      (if (i32.eq (local.get $what) (i32.const 102)) (then
        (local.set $file (i32.add (local.get $files) (i32.mul (i32.const 16) (i32.sub (local.get $file-count) (i32.const 1)))))
        ;; name, a colon, content at 1024
        (memory.copy (i32.const 1024) (i32.load (local.get $file)) (i32.load offset=4 (local.get $file)))
        (i32.store8 offset=1024 (i32.load offset=4 (local.get $file)) (i32.const 58))
        (memory.copy (i32.add (i32.const 1025) (i32.load offset=4 (local.get $file)))
          (i32.load offset=8 (local.get $file)) (i32.load offset=12 (local.get $file)))
        (return (call $fail (i32.const 1024) (i32.add (i32.const 1)
          (i32.add (i32.load offset=4 (local.get $file)) (i32.load offset=12 (local.get $file))))))))
      ;; an update by way of the proxy with cycles, a direct one, a query
      (call $call (i32.const 32) (i32.const 5) (i32.const 80) (i32.const 3) (i32.const 0) (i32.const 0) (i64.const -1) (i32.const 512))
      (call $call (i32.const 48) (i32.const 6) (i32.const 80) (i32.const 0) (i32.const 0) (i32.const 1) (i64.const 0) (i32.const 512))
      (call $call (i32.const 64) (i32.const 8) (i32.const 80) (i32.const 1) (i32.const 1) (i32.const 0) (i64.const 7) (i32.const 512))
      ;; what the last call failed with is the plugin's own error
      (if (i32.load8_u (i32.const 512)) (then (return (call $fail (i32.load (i32.const 516)) (i32.load (i32.const 520))))))
      (i32.store8 (i32.const 0) (i32.const 0))
      (i32.const 0)))
  (core instance $host (export "call" (func $call')))
  (core instance $p (instantiate $plugin (with "m" (instance $m)) (with "host" (instance $host))))

  (func (export "exec") (param "input" $input) (result (result (error string)))
    (canon lift (core func $p "exec") (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
