package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/phukin/phukin/deploy/demo/simcam"
)

// The scenario makes cameras and lines fail. Its course depends on the seed
// alone: the same seed tells the same story.
const (
	firstAct  = 8 * time.Second // before the first failure: a newcomer sees all well
	actEvery  = 4 * time.Second
	actLasts  = 45 * time.Second // and up to as much again
	brokenMax = 14               // acts that run at once, at most
)

// opening is the order of the first failures, so that within the first minute
// every common one is seen once. After it chance decides.
var opening = []act{
	{behaviour: simcam.Unplugged}, {behaviour: simcam.WrongPassword}, {behaviour: simcam.BlackHole}, {line: true},
	{behaviour: simcam.Stalled}, {behaviour: simcam.LowResolution}, {behaviour: simcam.NoMedia}, {behaviour: simcam.Busy},
	{behaviour: simcam.NotFound}, {behaviour: simcam.Slow}, {behaviour: simcam.NoKeyframe},
}

// act is one thing that goes wrong: a camera misbehaves, or a commune's line
// is cut.
type act struct {
	behaviour simcam.Behaviour
	line      bool
}

// stage is what a scenario plays on.
type stage struct {
	cameras []*station
	lines   []*line
	log     *slog.Logger
}

// station is a simulated camera, line a commune's relay, each with a name.
type station struct {
	code   string
	camera *simcam.Camera
}

type line struct {
	agent string
	relay *relay
}

// play runs the scenario until ctx ends.
func (s *stage) play(ctx context.Context, rng *rand.Rand) error {
	type running struct {
		until time.Time
		name  string
		mend  func() error
	}
	var acts []running
	busy := map[string]bool{}
	next := time.Now().Add(firstAct)
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := time.Now()
		kept := acts[:0]
		for _, a := range acts {
			if now.Before(a.until) {
				kept = append(kept, a)
				continue
			}
			if err := a.mend(); err != nil {
				s.log.Warn("simulated failure not mended yet", "what", a.name, "error", err)
				a.until = now.Add(actEvery)
				kept = append(kept, a)
				continue
			}
			delete(busy, a.name)
			s.log.Info("simulation: mended", "what", a.name)
		}
		acts = kept
		if now.Before(next) || len(acts) >= brokenMax {
			continue
		}
		next = now.Add(actEvery)
		a := opening[n%len(opening)]
		if n >= len(opening) {
			a = opening[rng.IntN(len(opening))]
		}
		n++
		name, start, mend := s.cast(a, rng)
		if busy[name] {
			continue
		}
		if err := start(); err != nil {
			return fmt.Errorf("simulate a failure of %s: %w", name, err)
		}
		busy[name] = true
		acts = append(acts, running{now.Add(actLasts + time.Duration(rng.Int64N(int64(actLasts)))), name, mend})
		s.log.Info("simulation: failed", "what", name, "how", a.String())
	}
}

// cast picks who plays an act.
func (s *stage) cast(a act, rng *rand.Rand) (name string, start, mend func() error) {
	if a.line {
		l := s.lines[rng.IntN(len(s.lines))]
		return l.agent, func() error { l.relay.setCut(true); return nil }, func() error { l.relay.setCut(false); return nil }
	}
	c := s.cameras[rng.IntN(len(s.cameras))]
	return c.code, func() error { return c.camera.Set(a.behaviour) }, func() error { return c.camera.Set(simcam.Normal) }
}

func (a act) String() string {
	if a.line {
		return "line cut"
	}
	return a.behaviour.String()
}
