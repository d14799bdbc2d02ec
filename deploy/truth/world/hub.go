package world

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
	_ "time/tzdata" // the zones of the worlds, whatever the machine has

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/uptime"
)

// World is a script that was played: what was true, what was seen, and what the
// hub makes of it.
type World struct {
	Script
	loc     *time.Location
	begin   int64 // Unix milliseconds
	day     history.DayNumber
	cameras []*camera
	index   *uptime.Index
}

// camera is what is known of one camera.
type camera struct {
	code    string
	truth   []Change
	looks   [][]look // by agent
	arrived []history.Identified
	service uptime.Spans // of the plan, in service
	pauses  uptime.Spans
	counted uptime.Spans
}

// Play plays a script, with a mistake or none.
func Play(s Script, mistake *Mistake) (*World, error) { return play(s, mistake, nil) }

// play plays a script; with a keeper it is its store that takes and folds.
func play(s Script, mistake *Mistake, k *keeper) (*World, error) {
	loc, err := time.LoadLocation(s.Zone)
	if err != nil {
		return nil, err
	}
	from, err := time.ParseInLocation(time.DateOnly, s.Day, loc)
	if err != nil {
		return nil, err
	}
	w := &World{Script: s, loc: loc, begin: from.UnixMilli()}
	w.day = history.DayOf(w.begin, loc)
	hub := loc
	if mistake.is(utcDays) {
		hub = time.UTC
	}
	w.index = uptime.NewIndex(hub)
	random := rand.New(rand.NewPCG(s.Seed, 1))
	for i := range s.Cameras {
		w.cameras = append(w.cameras, w.camera(i, random, mistake))
	}
	return w, w.deliver(random, hub, mistake, k)
}

func (w *World) camera(i int, random *rand.Rand, mistake *Mistake) *camera {
	c := &camera{code: fmt.Sprintf("cam-%d", i), truth: w.truth(i)}
	c.service, c.pauses = w.spansOf(w.Cameras[i].Service), w.spansOf(w.Cameras[i].Maintenance)
	c.counted = uptime.Service{In: c.service, Pauses: c.pauses}.Counted()
	if mistake.is(pausesInclusive) {
		c.counted = nil
		var longer []uptime.Window
		for _, p := range c.pauses {
			longer = append(longer, uptime.Window{From: p.From, To: p.To + 1})
		}
		c.counted = c.service.Without(uptime.Union(longer...))
	}
	return c
}

func (w *World) spansOf(spans []Span) uptime.Spans {
	var all []uptime.Window
	for _, s := range spans {
		all = append(all, uptime.Window{From: (w.begin + s.From) / second, To: (w.begin + s.To) / second})
	}
	return uptime.Union(all...)
}

// parcel is an observation on its way.
type parcel struct {
	camera int
	at     int64 // when the hub gets it
	history.Identified
}

// deliver lets agents send what they saw, and the hub take it in rounds: each
// identity once, every day that is touched folded anew from all that is there.
func (w *World) deliver(random *rand.Rand, hub *time.Location, mistake *Mistake, k *keeper) error {
	var parcels []parcel
	seq := uint64(0)
	for i, c := range w.cameras {
		for _, agent := range w.Cameras[i].Agents {
			all, looks := w.watches(c.truth, agent, c.code, random)
			c.looks = append(c.looks, looks)
			for k, o := range all {
				o.From, o.To = o.From+w.begin, o.To+w.begin
				if mistake != nil && mistake.observation != nil {
					mistake.observation(w, all, k, &o)
				}
				p := parcel{i, w.arrives(agent, o.at, random), history.Identified{Agent: fmt.Sprintf("xa-%d", agent), Epoch: 1, Seq: seq, Observation: o.Observation}}
				seq++
				parcels = append(parcels, p)
				if random.Float64() < w.Twice { // the acknowledgement was lost
					again := p
					again.at += random.Int64N(2 * hour)
					shift := random.Int64N(400) - 200 // the clock was corrected a little otherwise meanwhile
					again.From, again.To = again.From+shift, again.To+shift
					parcels = append(parcels, again)
				}
			}
		}
	}
	slices.SortStableFunc(parcels, func(a, b parcel) int { return cmp.Compare(a.at, b.at) })
	type identity struct {
		agent string
		seq   uint64
	}
	taken := map[identity]bool{}
	for round := range w.Rounds {
		part := parcels[len(parcels)*round/w.Rounds : len(parcels)*(round+1)/w.Rounds]
		touched := map[[2]int]bool{}
		for _, p := range part {
			id := identity{p.Agent, p.Seq}
			if taken[id] {
				continue
			}
			taken[id] = true
			c := w.cameras[p.camera]
			c.arrived = append(c.arrived, p.Identified)
			for d := history.DayOf(p.From, hub); d <= history.DayOf(p.To, hub); d++ {
				touched[[2]int{p.camera, int(d)}] = true
			}
		}
		if k != nil {
			if err := k.round(w, part); err != nil {
				return err
			}
			continue
		}
		var days []history.Day
		for key := range touched {
			c, d := w.cameras[key[0]], history.DayNumber(key[1])
			if mistake.is(lateLeft) && round > 0 && w.index.Snapshot().Timeline(c.code, d).Count().Up > 0 && d < w.day+1 {
				continue
			}
			day := history.Day{Camera: c.code, Number: d, Timeline: history.Fold(c.arrived, d, hub)}
			if mistake.is(byArrival) {
				day.Timeline = foldByArrival(c.arrived, d, hub)
			}
			if mistake != nil && mistake.day != nil {
				mistake.day(&day)
			}
			days = append(days, day)
		}
		w.index.Put(days...)
	}
	if k != nil {
		return k.end(w)
	}
	return nil
}

// arrives says when what an agent closed at a moment reaches the hub.
func (w *World) arrives(agent int, at int64, random *rand.Rand) int64 {
	at += random.Int64N(2 * minute)
	for _, cut := range w.Agents[agent].Cut {
		if cut.From <= at && at < cut.To {
			at = cut.To + random.Int64N(10*minute)
		}
	}
	if random.Float64() < w.Late {
		at += random.Int64N(50 * hour)
	}
	return at
}

// foldByArrival is a mistake: it lets each observation paint over those that came
// before.
func foldByArrival(arrived []history.Identified, d history.DayNumber, loc *time.Location) history.Timeline {
	obs := slices.Clone(arrived)
	line := history.Timeline{{Seconds: d.Seconds(loc)}}
	for i := range obs {
		// What comes later is what remains where the earlier one is unknown.
		one := history.Fold(obs[len(obs)-1-i:len(obs)-i], d, loc)
		line = history.Fill(line, one)
	}
	return line
}
