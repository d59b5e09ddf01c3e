package wasi

// WithoutQuick makes a folder go through os.Root alone.
func WithoutQuick(d *Descriptor) { d.dir.v.quick.off = true }
