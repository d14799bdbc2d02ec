package uptime_test

import (
	"testing"

	"github.com/phukin/phukin/hub/uptime"
)

func TestVerdictsFollowFromTheBoundsAlone(t *testing.T) {
	for _, c := range []struct {
		name string
		f    uptime.Figure
		than uptime.Figure
		want [3]uptime.Verdict // against 99 %, against 99.9 %, than
	}{
		{"all is known", uptime.Figure{Up: 999, Down: 1}, uptime.Figure{Up: 99, Down: 1}, [3]uptime.Verdict{uptime.Met, uptime.Met, uptime.Better}},
		{"just below", uptime.Figure{Up: 98_999, Down: 1001}, uptime.Figure{Up: 99, Down: 1}, [3]uptime.Verdict{uptime.Missed, uptime.Missed, uptime.Worse}},
		{"the unknown decides", uptime.Figure{Up: 985, Unknown: 15}, uptime.Figure{Up: 99, Down: 1}, [3]uptime.Verdict{uptime.CannotTell, uptime.CannotTell, uptime.CannotTell}},
		{"whatever the unknown was", uptime.Figure{Up: 900, Down: 50, Unknown: 50}, uptime.Figure{Up: 96, Unknown: 4}, [3]uptime.Verdict{uptime.Missed, uptime.Missed, uptime.Worse}},
		{"degraded works", uptime.Figure{Degraded: 99, Down: 1}, uptime.Figure{Up: 990, Down: 10}, [3]uptime.Verdict{uptime.Met, uptime.Missed, uptime.Same}},
		{"it could be the same", uptime.Figure{Up: 99, Down: 1}, uptime.Figure{Up: 990, Down: 9, Unknown: 1}, [3]uptime.Verdict{uptime.Met, uptime.Missed, uptime.CannotTell}},
		{"no time in service", uptime.Figure{}, uptime.Figure{Up: 990}, [3]uptime.Verdict{uptime.NoFigure, uptime.NoFigure, uptime.NoFigure}},
		{"no time in service before", uptime.Figure{Up: 1}, uptime.Figure{}, [3]uptime.Verdict{uptime.Met, uptime.Met, uptime.NoFigure}},
		{"never observed", uptime.Figure{Unknown: 7}, uptime.Figure{Unknown: 7}, [3]uptime.Verdict{uptime.CannotTell, uptime.CannotTell, uptime.CannotTell}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := [3]uptime.Verdict{c.f.Against(99), c.f.Against(99.9), c.f.Than(c.than)}; got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}
