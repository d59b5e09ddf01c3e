package elab_test

import (
	"testing"

	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/elab"
)

// Whatever decodes is elaborated or refused. What is elaborated is valid, and is a
// program that holds together.
func FuzzElaborate(f *testing.F) {
	f.Add([]byte("\x00asm\x0d\x00\x01\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		tree, err := binary.Decode(b, binary.Limits{})
		if err != nil {
			return
		}
		limits := elab.Limits{MaxSteps: 20_000, MaxInstantiations: 500}
		p, err := elab.Elaborate(tree, elab.Options{Limits: limits})
		if err != nil {
			if err.Error() == "" {
				t.Error("an error says nothing")
			}
			return
		}
		if err := elab.Validate(tree, elab.Options{Limits: limits}); err != nil {
			t.Errorf("elaborated, but not valid: %v", err)
		}
		if err := verify(p); err != nil {
			t.Errorf("verify: %v\n%s", err, text(p))
		}
	})
}
