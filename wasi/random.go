package wasi

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/berth-cli/berth/component"
)

// randomChunk is how many random bytes are drawn before looking at the context.
const randomChunk = 1 << 20

// randomBytes returns n random bytes. More than Limits.MaxRandomBytes end the
// guest.
func (h *Host) randomBytes(ctx context.Context, n uint64) ([]byte, error) {
	return h.draw(ctx, h.random, n)
}

// insecureBytes returns n bytes that only look random. More than
// Limits.MaxRandomBytes end the guest.
func (h *Host) insecureBytes(ctx context.Context, n uint64) ([]byte, error) {
	return h.draw(ctx, h.insecure, n)
}

func (h *Host) draw(ctx context.Context, r io.Reader, n uint64) ([]byte, error) {
	if n > uint64(max(h.limits.MaxRandomBytes, 0)) {
		return nil, overLimit("MaxRandomBytes", h.limits.MaxRandomBytes, n)
	}
	b := make([]byte, n)
	for rest := b; len(rest) > 0; {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		part := rest[:min(len(rest), randomChunk)]
		if _, err := io.ReadFull(r, part); err != nil {
			return nil, fmt.Errorf("read random bytes: %w", err)
		}
		rest = rest[len(part):]
	}
	return b, nil
}

func (h *Host) randomU64(ctx context.Context) (uint64, error) {
	b, err := h.draw(ctx, h.random, 8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

func addRandom(l *component.Linker) {
	random := l.Instance("wasi:random/random@0.2")
	random.Func("get-random-bytes", hostFunc1((*Host).randomBytes))
	random.Func("get-random-u64", hostFunc0((*Host).randomU64))

	insecure := l.Instance("wasi:random/insecure@0.2")
	insecure.Func("get-insecure-random-bytes", hostFunc1((*Host).insecureBytes))
	insecure.Func("get-insecure-random-u64", func0(func(h *Host) uint64 { return h.insecure.Uint64() }))

	seed := l.Instance("wasi:random/insecure-seed@0.2")
	seed.Func("insecure-seed", func0(func(h *Host) component.Tuple2[uint64, uint64] {
		return component.Tuple2[uint64, uint64]{V0: h.insecure.Uint64(), V1: h.insecure.Uint64()}
	}))
}
