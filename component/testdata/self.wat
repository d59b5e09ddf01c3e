;; A component instance may call its own exports. This one does nothing else.
(component
  (core module $Shim
    (table (export "t") 1 funcref)
    (func (export "again") (call_indirect (i32.const 0))))
  (core instance $shim (instantiate $Shim))
  (func $again (canon lift (core func $shim "again")))
  (core func $again' (canon lower (func $again)))
  (core module $Fix
    (import "" "t" (table 1 funcref))
    (import "" "f" (func $f))
    (elem (i32.const 0) func $f))
  (core instance (instantiate $Fix (with "" (instance (export "t" (table $shim "t")) (export "f" (func $again'))))))
  (export "again" (func $again))
)
