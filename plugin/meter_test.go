package plugin

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestStopwatch(t *testing.T) {
	for _, tt := range []struct {
		name  string
		do    func(m *stopwatch)
		spent time.Duration
		over  bool
	}{
		{"counts", func(*stopwatch) { time.Sleep(3 * time.Second) }, 3 * time.Second, false},
		{"ends", func(*stopwatch) { time.Sleep(11 * time.Second) }, 11 * time.Second, true},
		{"leaves pauses out", func(m *stopwatch) {
			for range 5 {
				time.Sleep(time.Second)
				m.pause()
				time.Sleep(time.Hour)
				m.resume()
			}
		}, 5 * time.Second, false},
		{"counts between pauses", func(m *stopwatch) {
			for range 6 {
				time.Sleep(2 * time.Second)
				m.pause()
				m.resume()
			}
		}, 12 * time.Second, true},
		{"begins again", func(m *stopwatch) {
			for range 5 {
				time.Sleep(9 * time.Second)
				m.restart()
			}
			time.Sleep(time.Second)
		}, time.Second, false},
		{"begins again while it pauses", func(m *stopwatch) {
			time.Sleep(9 * time.Second)
			m.pause()
			m.restart()
			time.Sleep(time.Hour)
			m.resume()
			time.Sleep(11 * time.Second)
		}, 11 * time.Second, true},
		{"nests pauses", func(m *stopwatch) {
			m.pause()
			m.pause()
			time.Sleep(time.Minute)
			m.resume()
			time.Sleep(time.Minute)
			m.resume()
			time.Sleep(time.Second)
		}, time.Second, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var times atomic.Int32
				m := startStopwatch(10*time.Second, time.Now, func() { times.Add(1) })
				tt.do(m)
				spent := m.stop()
				time.Sleep(time.Hour) // a stopped meter must not go on
				synctest.Wait()
				want := int32(0)
				if tt.over {
					want = 1
				}
				if spent != tt.spent || times.Load() != want {
					t.Errorf("spent %v, said %d times that it is over, want %v, %d", spent, times.Load(), tt.spent, want)
				}
			})
		})
	}
}
