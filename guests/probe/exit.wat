;; A program that ends with exit code 42, which takes a function of its own: exit
;; alone knows success and failure.
(component
  (import "wasi:cli/exit@0.2.12" (instance $exit (export "exit-with-code" (func (param "status-code" u8)))))
  (core func $exit' (canon lower (func $exit "exit-with-code")))
  (core module $program
    (import "host" "exit" (func $exit (param i32)))
    (func (export "run") (result i32) (call $exit (i32.const 42)) (i32.const 0)))
  (core instance $host (export "exit" (func $exit')))
  (core instance $p (instantiate $program (with "host" (instance $host))))
  (func $run (result (result)) (canon lift (core func $p "run")))
  (instance $interface (export "run" (func $run)))
  (export "wasi:cli/run@0.2.12" (instance $interface)))
