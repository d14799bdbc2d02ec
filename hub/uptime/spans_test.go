package uptime_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/uptime"
)

const spanEnd = 40

func drawWindows(t *rapid.T, name string) []uptime.Window {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) uptime.Window {
		return uptime.Window{From: rapid.Int64Range(0, spanEnd).Draw(t, "from"), To: rapid.Int64Range(0, spanEnd).Draw(t, "to")}
	}), 0, 6).Draw(t, name)
}

func has(ws []uptime.Window, t int64) bool {
	for _, w := range ws {
		if w.From <= t && t < w.To {
			return true
		}
	}
	return false
}

func TestSetsOfSecondsAgreeWithLookingAtEachSecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawWindows(t, "a"), drawWindows(t, "b")
		w := uptime.Window{From: rapid.Int64Range(0, spanEnd).Draw(t, "from"), To: rapid.Int64Range(0, spanEnd).Draw(t, "to")}
		sa, sb := uptime.Union(a...), uptime.Union(b...)
		for _, c := range []struct {
			name string
			got  uptime.Spans
			want func(t int64) bool
		}{
			{"union", sa, func(t int64) bool { return has(a, t) }},
			{"and", sa.And(sb), func(t int64) bool { return has(a, t) && has(b, t) }},
			{"without", sa.Without(sb), func(t int64) bool { return has(a, t) && !has(b, t) }},
			{"within", sa.Within(w), func(t int64) bool { return has(a, t) && w.From <= t && t < w.To }},
		} {
			n := int64(0)
			for s := int64(-1); s <= spanEnd; s++ {
				if c.want(s) {
					n++
				}
				if c.got.Has(s) != c.want(s) || has(c.got, s) != c.want(s) {
					t.Fatalf("%s: second %d of %v", c.name, s, c.got)
				}
			}
			if c.got.Seconds() != n {
				t.Fatalf("%s: %d seconds, want %d", c.name, c.got.Seconds(), n)
			}
			for i, p := range c.got {
				if p.To <= p.From || i > 0 && c.got[i-1].To >= p.From {
					t.Fatalf("%s: %v is not in order", c.name, c.got)
				}
			}
		}
	})
}
