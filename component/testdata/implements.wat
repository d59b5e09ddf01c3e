;; Two imports of one interface under names of their own, and the interface's
;; exports under its own name.
(component
  (import "primary" (implements "test:store/kv@1.2.0") (instance $a (export "get" (func (result u32)))))
  (import "backup" (implements "test:store/kv@1.2.0") (instance $b (export "get" (func (result u32)))))
  (core func $a (canon lower (func $a "get")))
  (core func $b (canon lower (func $b "get")))
  (core module $M
    (import "" "a" (func $a (result i32)))
    (import "" "b" (func $b (result i32)))
    (func (export "sum") (result i32) (i32.add (call $a) (call $b))))
  (core instance $m (instantiate $M (with "" (instance (export "a" (func $a)) (export "b" (func $b))))))
  (func $sum (result u32) (canon lift (core func $m "sum")))
  (instance $out (export "sum" (func $sum)))
  (export "test:store/sums@1.4.2" (instance $out))
)
