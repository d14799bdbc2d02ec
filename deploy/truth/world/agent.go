package world

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/watch"
	"github.com/phukin/phukin/hub/wire"
)

// look is a probe that could tell whether video flows: a full one, or one that
// fell.
type look struct {
	at       int64
	works    bool
	believed bool // not a failure that passed unconfirmed
	// end: not a look, but the moment up to which light probes may have vouched
	// for what the look before it saw, before the agent was switched off.
	end bool
}

// closed is an observation with when its agent closed it.
type closed struct {
	wire.Observation
	at int64
}

const (
	timeout      = 10 * time.Second
	confirmAfter = 5 * time.Second
)

// truth is what a camera does, by moment: the same from each change to the next.
// A camera that a single agent looks at is refused while the agent's network is
// away; one that two look at hangs in both networks and is never cut off.
func (s *Script) truth(camera int) []Change {
	c := s.Cameras[camera]
	if len(c.Agents) > 1 {
		return c.Changes
	}
	lan := s.Agents[c.Agents[0]].LAN
	var edges []int64
	for _, x := range c.Changes {
		edges = append(edges, x.At)
	}
	for _, l := range lan {
		edges = append(edges, l.From, l.To)
	}
	slices.Sort(edges)
	var all []Change
	for _, t := range slices.Compact(edges) {
		state := stateAt(c.Changes, t)
		for _, l := range lan {
			if l.From <= t && t < l.To {
				state = Refused
			}
		}
		all = append(all, Change{t, state})
	}
	return all
}

// stateAt gives the state at a moment. The first change is at the beginning.
func stateAt(changes []Change, t int64) State {
	i, found := slices.BinarySearchFunc(changes, t, func(c Change, t int64) int { return cmp.Compare(c.At, t) })
	if !found {
		i--
	}
	return changes[max(i, 0)].State
}

// watches lets an agent probe a camera, by the schedule of agent/watch and with
// its folder. What it gives has the hub's times, in milliseconds since the
// beginning, as far as the agent could correct them.
func (s *Script) watches(truth []Change, agent int, code string, random *rand.Rand) (all []closed, looks []look) {
	offset := random.Int64N(s.Light.Milliseconds())
	for _, boot := range s.Agents[agent].Boots {
		rules := watch.Rules{Bridge: 3*s.Light + timeout, Proof: 2 * s.Full, Confirm: s.Confirm, ReportEvery: s.ReportEvery}
		f := watch.NewFolder(code, watch.Expectation{}, rules)
		keep := func(t int64, list []watch.Closed) {
			for _, c := range list {
				o := c.Observation
				o.From, o.To = o.From+boot.From+boot.Clock, o.To+boot.From+boot.Clock
				if boot.Wrong {
					o.Clock = wire.ClockWrong
				}
				all = append(all, closed{o, t})
			}
		}
		var mine []look
		last := int64(-1) // the newest probe, for the grid of full ones
		for t := s.next(boot.From, offset, random); t < boot.To; {
			mono := t - boot.From
			full := f.NeedsFull(mono) || last < 0 || t/s.Full.Milliseconds() != last/s.Full.Milliseconds()
			last = t
			state := stateAt(truth, t)
			keep(t, f.Add(watch.Moment{Mono: mono, Wall: t}, result(state, full)))
			if full || state == Refused {
				mine = append(mine, look{at: t, works: state.Works()})
			}
			lasts := 200 + random.Int64N(2500)
			switch {
			case f.InDoubt():
				t += lasts + confirmAfter.Milliseconds()
			case !full && state != Refused && f.NeedsFull(mono):
				t += lasts // a full one at once
			default:
				t = s.next(t+lasts, offset, random)
			}
		}
		if !boot.Crash {
			keep(boot.To, f.Close())
		}
		s.believe(mine)
		for k := len(mine) - 1; k >= 0; k-- {
			if mine[k].believed {
				mine = append(mine, look{at: min(last, mine[k].at+rules.Proof.Milliseconds()), end: true})
				break
			}
		}
		looks = append(looks, mine...)
	}
	return all, looks
}

// next gives the next point of the grid, or one after it where some are left out.
func (s *Script) next(t, offset int64, random *rand.Rand) int64 {
	step := s.Light.Milliseconds()
	n := (t-offset)/step + 1
	for random.Float64() < s.Skip {
		n++
	}
	return n*step + offset
}

// believe marks the looks that agent/watch documents as believed: successes, and
// failures in a row of which there are more than Confirm.
func (s *Script) believe(looks []look) {
	bridge := (3*s.Light + timeout).Milliseconds()
	for i := 0; i < len(looks); {
		if looks[i].works {
			looks[i].believed = true
			i++
			continue
		}
		end := i + 1
		for end < len(looks) && !looks[end].works && looks[end].at-looks[end-1].at <= bridge {
			end++
		}
		for k := i; k < end; k++ {
			looks[k].believed = end-i > s.Confirm
		}
		i = end
	}
}

func result(state State, full bool) probe.Result {
	switch {
	case state == Refused:
		r := probe.Result{Reached: wire.RungResolve, FellOn: wire.RungConnect, Fault: wire.FaultRefused}
		if !full {
			r.Depth = probe.Light
		}
		return r
	case !full:
		return probe.Result{Depth: probe.Light, Reached: wire.RungAuth}
	case state == NoKeyframe:
		return probe.Result{Reached: wire.RungMedia, FellOn: wire.RungKeyframe, Fault: wire.FaultNoKeyframe}
	}
	r := probe.Result{Reached: wire.RungFresh, Codec: wire.CodecH264, Width: 1920, Height: 1080, FrameRate: 25, KeyframeGap: 2}
	if state == Degraded {
		r.Loss = 0.05
	}
	return r
}
