package plugin_test

import (
	"errors"
	"os"
	"testing"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/plugin"
)

// TestZeroErrors checks that every error can be printed whatever is in it.
func TestZeroErrors(t *testing.T) {
	for _, err := range []error{
		&plugin.GuestError{}, &plugin.ExitError{}, &plugin.TrapError{}, &plugin.LimitError{}, &plugin.HostError{},
		&plugin.RefusedError{}, &plugin.LoopError{},
	} {
		if err.Error() == "" {
			t.Errorf("%T says nothing", err)
		}
		if cause := errors.Unwrap(err); cause != nil {
			t.Errorf("%T has the cause %v", err, cause)
		}
	}
}

func TestNotAComponent(t *testing.T) {
	read := func(name string) []byte {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	whole := read("../guests/sync-c/plugin.wasm")
	host := newHost(t)
	for _, tt := range []struct {
		name string
		wasm []byte
	}{
		{"nothing", nil},
		{"text", []byte("#!/bin/sh\n")},
		{"core module", read("../guests/proxy/proxy.wasm")},
		{"cut short", whole[:len(whole)/2]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := host.Load(t.Context(), tt.wasm)
			if _, ok := errors.AsType[*component.DecodeError](err); !ok {
				t.Errorf("Load = %T %v, want *component.DecodeError", err, err)
			}
		})
	}
}
