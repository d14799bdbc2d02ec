package main

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"

	"github.com/phukin/phukin/agent/clock"
	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/deploy/demo/clips"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// pastLength is how much history lies before the start of the demonstration.
const pastLength = 2 * 365 * 24 * time.Hour

// pastBoot names the run of the device's clock that lasted all that time.
const pastBoot = 1

// pastChunk is how many observations one sync of the spool takes.
const pastChunk = 500

// fillPast puts two years of made-up observations of an agent's cameras into
// its spool. From there they take the way of all observations: the agent
// sends them, the hub commits and folds them. An observation covers an hour
// at most, in the order in which a real agent would have closed them.
func fillPast(s *spool.Spool, agent string, cameras []*fleetCamera, seed uint64, now time.Time, loc *time.Location) error {
	end := now.Truncate(time.Second)
	away := absences(seed, agent, end)
	past := make([]*cameraPast, len(cameras))
	for i, c := range cameras {
		past[i] = newCameraPast(c, seed, end, loc)
	}
	// The device that saw all this had learnt the hub's clock.
	began := end.Add(-pastLength).UnixMilli()
	var known clock.Knowledge
	known.Learn(pastBoot, 0, 0, began)
	if err := s.SetNote(known.Marshal()); err != nil {
		return fmt.Errorf("simulated past of %s: %w", agent, err)
	}
	var chunk []spool.Entry
	flush := func() error {
		if len(chunk) == 0 {
			return nil
		}
		_, err := s.AppendBatch(chunk)
		chunk = chunk[:0]
		return err
	}
	for hour := end.Add(-pastLength); hour.Before(end); hour = hour.Add(time.Hour) {
		if away.holds(hour) {
			continue
		}
		for _, p := range past {
			for _, o := range p.hour(hour) {
				chunk = append(chunk, spool.Entry{
					Span:    spool.Span{Boot: pastBoot, From: o.From - began, To: o.To - began, Wall: o.From},
					Payload: wire.MarshalObservation(&o),
				})
			}
		}
		if len(chunk) >= pastChunk {
			if err := flush(); err != nil {
				return fmt.Errorf("simulated past of %s: %w", agent, err)
			}
		}
	}
	return flush()
}

// span is the time [from, to).
type span struct{ from, to time.Time }

type spans []span

func (s spans) holds(t time.Time) bool {
	for _, x := range s {
		if !t.Before(x.from) && t.Before(x.to) {
			return true
		}
	}
	return false
}

// absences are the times at which an agent was away altogether: power cuts
// of hours, now and then some days. They leave unknown time behind.
func absences(seed uint64, agent string, end time.Time) spans {
	rng := dice(seed, "agent "+agent)
	var s spans
	t := end.Add(-pastLength)
	for {
		t = t.Add(hours(rng.ExpFloat64() * 24 * 40))
		if !t.Before(end) {
			return s
		}
		length := hours(1 + 6*rng.ExpFloat64())
		if rng.IntN(6) == 0 {
			length += hours(24 * (1 + 3*rng.ExpFloat64()))
		}
		s = append(s, span{t, t.Add(length)})
		t = s[len(s)-1].to
	}
}

// trouble is a stretch of a camera's past that was not well.
type trouble struct {
	span
	status wire.Status
	fault  wire.Fault
	fellOn wire.Rung
}

// cameraPast walks through one camera's made-up past, hour by hour.
type cameraPast struct {
	camera   *fleetCamera
	from     time.Time // its installation
	troubles []trouble
	rng      *rand.Rand
}

// faults that befall cameras in the made-up past, with their weight.
var pastFaults = []struct {
	weight int
	fault  wire.Fault
	fellOn wire.Rung
}{
	{40, wire.FaultUnreachable, wire.RungConnect},
	{25, wire.FaultTimeout, wire.RungConnect},
	{12, wire.FaultRefused, wire.RungConnect},
	{8, wire.FaultStalled, wire.RungFresh},
	{8, wire.FaultNoMedia, wire.RungMedia},
	{7, wire.FaultAuthRejected, wire.RungAuth},
}

func newCameraPast(c *fleetCamera, seed uint64, end time.Time, loc *time.Location) *cameraPast {
	p := &cameraPast{camera: c, from: c.plan.Installed.Start(loc), rng: dice(seed, "camera "+c.plan.Code)}
	// Most cameras fail about once a month; one in eight every five days.
	between := 24 * (15 + 30*p.rng.Float64())
	if p.rng.IntN(8) == 0 {
		between = 24 * 5
	}
	t := p.from
	if first := end.Add(-pastLength); t.Before(first) {
		t = first
	}
	for {
		t = t.Add(hours(between * p.rng.ExpFloat64()))
		if !t.Before(end) {
			return p
		}
		length := hours(math.Min(math.Exp(2.2+1.3*p.rng.NormFloat64()), 24*20))
		tr := trouble{span: span{t, t.Add(length)}, status: wire.StatusDown}
		if p.rng.IntN(4) == 0 {
			tr.status = wire.StatusDegraded
		} else {
			tr.fault, tr.fellOn = pickFault(p.rng)
		}
		p.troubles = append(p.troubles, tr)
		t = tr.to
	}
}

func pickFault(rng *rand.Rand) (wire.Fault, wire.Rung) {
	total := 0
	for _, f := range pastFaults {
		total += f.weight
	}
	n := rng.IntN(total)
	for _, f := range pastFaults {
		if n -= f.weight; n < 0 {
			return f.fault, f.fellOn
		}
	}
	panic("demo: weights do not add up")
}

// hour gives the observations of the hour that begins at h: one, or as many
// as the hour had states.
func (p *cameraPast) hour(h time.Time) []wire.Observation {
	end := h.Add(time.Hour)
	if h.Before(p.from) {
		return nil
	}
	for len(p.troubles) > 0 && !p.troubles[0].to.After(h) {
		p.troubles = p.troubles[1:]
	}
	var obs []wire.Observation
	at := h
	for _, tr := range p.troubles {
		if !tr.from.Before(end) {
			break
		}
		if at.Before(tr.from) {
			obs = append(obs, p.observation(at, tr.from, trouble{status: wire.StatusUp}))
			at = tr.from
		}
		to := tr.to
		if to.After(end) {
			to = end
		}
		obs = append(obs, p.observation(at, to, tr))
		at = to
	}
	if at.Before(end) {
		obs = append(obs, p.observation(at, end, trouble{status: wire.StatusUp}))
	}
	return obs
}

func (p *cameraPast) observation(from, to time.Time, tr trouble) wire.Observation {
	o := wire.Observation{
		Camera: p.camera.plan.Code, From: from.UnixMilli(), To: max(to.UnixMilli(), from.UnixMilli()+1),
		Status: tr.status, Rung: wire.RungFresh, Fault: tr.fault, FellOn: tr.fellOn,
		Probes: 1 + int(to.Sub(from)/(5*time.Minute)),
	}
	if tr.status == wire.StatusDown {
		o.Rung = tr.fellOn - 1
		return o
	}
	clip := p.camera.clip
	if tr.status == wire.StatusDegraded {
		o.Reasons = []wire.Reason{wire.ReasonLowResolution}
		clip = clips.Smallest(clip.Codec)
	}
	o.Codec, o.Width, o.Height = codecOf(clip), clip.Width, clip.Height
	o.FrameRate.Add(float32(clip.FrameRate))
	return o
}

func codecOf(c *clips.Clip) wire.Codec {
	if c.Codec == clips.H265 {
		return wire.CodecH265
	}
	return wire.CodecH264
}

// dice gives a source of chance that depends on the seed and a name alone.
func dice(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

func hours(h float64) time.Duration { return time.Duration(h * float64(time.Hour)) }

// fleetCamera is a camera of the plan that the demonstration runs.
type fleetCamera struct {
	plan *plan.Camera
	clip *clips.Clip
}
