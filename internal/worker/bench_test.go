//go:build linux

package worker_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/berth-cli/berth/internal/worker"
	"github.com/berth-cli/berth/internal/worker/wire"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
	"golang.org/x/sys/unix"
)

// BenchmarkRun is a warm run of a small plugin that makes two calls: in this process,
// which has the plugin compiled; in this process from nothing but the cache, as a
// command begins; and in a worker. Beside the mean it reports the fastest run, which
// other programs disturb less, and of a worker's run what the worker says it took:
// start is from its main function to the request.
func BenchmarkRun(b *testing.B) {
	needWorkers(b)
	wasm := guest(b, "sync-c/plugin.wasm")
	r := request(project(b), "local")
	r.Dirs, r.Caller = []string{"seed-data"}, &canister{}
	b.Run("in-process/loaded", func(b *testing.B) {
		h, err := host()
		if err != nil {
			b.Fatal(err)
		}
		p, err := h.Load(b.Context(), wasm)
		if err != nil {
			b.Fatal(err)
		}
		fastest(b, func() error {
			_, err := icpsync.Run(b.Context(), p, r)
			return err
		})
	})
	b.Run("in-process/anew", func(b *testing.B) {
		fastest(b, func() error {
			_, err := anew(b.Context(), wasm, r)
			return err
		})
	})
	b.Run("worker", func(b *testing.B) {
		c, err := codeCache()
		if err != nil {
			b.Fatal(err)
		}
		times := &laps{}
		l := launch(b, worker.Options{Cache: c, Log: slog.New(times)})
		fastest(b, func() error {
			_, err := l.Run(b.Context(), wasm, r)
			return err
		})
		times.report(b)
	})
}

// fastest runs do once to warm up, and then measures it. cpu-ms is the processor time
// of a run, the worker's included, which does not depend on what else goes on.
func fastest(b *testing.B, do func() error) {
	if err := do(); err != nil {
		b.Fatal(err)
	}
	least, before := time.Hour, processorTime(b)
	for b.Loop() {
		began := time.Now()
		if err := do(); err != nil {
			b.Fatal(err)
		}
		least = min(least, time.Since(began))
	}
	b.ReportMetric(float64(least.Microseconds())/1000, "fastest-ms")
	b.ReportMetric(float64((processorTime(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms")
}

// processorTime is that of this process and of those it has waited for.
func processorTime(b *testing.B) time.Duration {
	var sum time.Duration
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var u unix.Rusage
		if err := unix.Getrusage(who, &u); err != nil {
			b.Fatal(err)
		}
		sum += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return sum
}

// BenchmarkCall is a call of a canister that answers at once.
func BenchmarkCall(b *testing.B) {
	needWorkers(b)
	wasm := guest(b, "pager/plugin.wasm")
	for name, do := range map[string]runFunc{"in-process": inProcess, "worker": shared(b).Run} {
		b.Run(name, func(b *testing.B) {
			left := b.N
			r := request(b.TempDir(), "refused") // repeats a call until somebody answers
			r.Loops.Allow = true
			r.Caller = &canister{answer: func(context.Context, icpsync.CallRequest) ([]byte, error) {
				if left--; left < 0 {
					return nil, nil
				}
				return nil, errors.New("no")
			}}
			b.ResetTimer()
			if _, err := do(b.Context(), wasm, r); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// anew runs a plugin on an engine of its own, as a command that has just begun.
func anew(ctx context.Context, wasm []byte, r icpsync.Request) (report plugin.Report, err error) {
	c, err := codeCache()
	if err != nil {
		return report, err
	}
	eng, err := newEngine(c)
	if err != nil {
		return report, err
	}
	defer eng.Close()
	h, err := plugin.NewHost(plugin.Config{Engine: eng})
	if err != nil {
		return report, err
	}
	p, err := h.Load(ctx, wasm)
	if err != nil {
		return report, err
	}
	return icpsync.Run(ctx, p, r)
}

// laps keeps the least of what workers say of how long they took to get ready.
type laps struct{ least wire.Took }

func (l *laps) Enabled(context.Context, slog.Level) bool { return true }
func (l *laps) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *laps) WithGroup(string) slog.Handler            { return l }

func (l *laps) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if t, ok := a.Value.Any().(wire.Took); ok {
			lower(&l.least.Start, t.Start)
			lower(&l.least.Limit, t.Limit)
			lower(&l.least.Host, t.Host)
			lower(&l.least.Load, t.Load)
			lower(&l.least.Seal, t.Seal)
		}
		return true
	})
	return nil
}

func lower(least *time.Duration, d time.Duration) {
	if *least == 0 || d < *least {
		*least = d
	}
}

func (l *laps) report(b *testing.B) {
	for name, d := range map[string]time.Duration{
		"start": l.least.Start, "limit": l.least.Limit, "host": l.least.Host, "load": l.least.Load, "seal": l.least.Seal,
	} {
		b.ReportMetric(float64(d.Microseconds()), name+"-us")
	}
}

// BenchmarkPrint prints 100 MB.
func BenchmarkPrint(b *testing.B) {
	needWorkers(b)
	wasm := guest(b, "hostile-c/sync.wasm")
	r := request(b.TempDir(), "print")
	r.Stdout = io.Discard
	for name, do := range map[string]runFunc{"in-process": inProcess, "worker": shared(b).Run} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(100_000_000)
			for b.Loop() {
				if _, err := do(b.Context(), wasm, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
