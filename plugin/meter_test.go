package plugin

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestMeter(t *testing.T) {
	for _, tt := range []struct {
		name  string
		do    func(m *meter)
		spent time.Duration
		over  bool
	}{
		{"counts", func(*meter) { time.Sleep(3 * time.Second) }, 3 * time.Second, false},
		{"ends", func(*meter) { time.Sleep(11 * time.Second) }, 11 * time.Second, true},
		{"leaves pauses out", func(m *meter) {
			for range 5 {
				time.Sleep(time.Second)
				m.pause()
				time.Sleep(time.Hour)
				m.resume()
			}
		}, 5 * time.Second, false},
		{"counts between pauses", func(m *meter) {
			for range 6 {
				time.Sleep(2 * time.Second)
				m.pause()
				m.resume()
			}
		}, 12 * time.Second, true},
		{"nests pauses", func(m *meter) {
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
				over := false
				m := startMeter(10*time.Second, time.Now, func() { over = true })
				tt.do(m)
				spent := m.stop()
				synctest.Wait()
				if spent != tt.spent || over != tt.over {
					t.Errorf("spent %v, over %v, want %v, %v", spent, over, tt.spent, tt.over)
				}
				time.Sleep(time.Hour)
				if over != tt.over {
					t.Error("a stopped meter went on")
				}
			})
		})
	}
}
