;; Not a sync plugin, though it exports a function of the right name: its exec takes
;; and returns a number.
(component
  (core module $plugin (func (export "exec") (param i32) (result i32) (local.get 0)))
  (core instance $p (instantiate $plugin))
  (func (export "exec") (param "input" u32) (result u32) (canon lift (core func $p "exec"))))
