package wiretest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/phukin/phukin/hub/wire"
)

const (
	lightEvery  = 30_000
	fullEvery   = 300_000
	reportEvery = 300_000
	window      = 2000
)

// camera is one camera with its way of answering, and the state of its folding.
type camera struct {
	rnd   *rand.Rand
	grid  int64 // light probes begin at grid + i × lightEvery
	full  int64 // of the second grid
	at    int64 // grid point of the next probe
	delay int64 // of that probe

	closed   wire.Observation
	reported int64 // when the probe that closed it had ended

	code          string
	named         bool
	instant       bool // begins with a key frame
	medians       [wire.RungFresh + 1]float64
	noise         [wire.RungFresh + 1]float64
	codec         wire.Codec
	width, height int
	frameRate     float64
	group         float64 // seconds between key frames
	bitRate       float64
	jitter        float64
	lossy         bool
	bad           wire.Observation // verdict, when the camera is not up all day
	downUntil     int64
}

func newCamera(r *rand.Rand, i int) *camera {
	c := &camera{rnd: r, code: fmt.Sprintf("TH-18562-%03d", i+1), named: r.IntN(20) == 0, instant: r.IntN(2) == 0, lossy: r.IntN(10) == 0}
	c.grid, c.full = r.Int64N(lightEvery), r.Int64N(fullEvery)
	c.at = Begin + c.grid
	c.medians = [...]float64{wire.RungResolve: 0.004, wire.RungConnect: 0.5, wire.RungOptions: 3, wire.RungDescribe: 7, wire.RungAuth: 9, wire.RungSetup: 8, wire.RungPlay: 12, wire.RungMedia: 25, wire.RungFresh: 0}
	wireless := r.IntN(10) < 3
	for rung := range c.medians {
		spread := 0.5
		c.noise[rung] = 0.2
		if rung == int(wire.RungConnect) {
			spread, c.noise[rung] = 0.4, 0.25
			if wireless {
				c.medians[rung], spread, c.noise[rung] = 3, 0.5, 0.45
			}
		}
		c.medians[rung] *= c.around(spread)
	}
	if c.named {
		c.medians[wire.RungResolve] = 1.5
	}
	c.codec = pick(r, []wire.Codec{wire.CodecH264, wire.CodecH265}, 0.6, 0.4)
	size := pick(r, [][3]int{{1920, 1080, 2_600_000}, {1280, 720, 1_400_000}, {2560, 1440, 3_800_000}, {704, 576, 700_000}}, 0.6, 0.2, 0.15, 0.05)
	c.width, c.height = size[0], size[1]
	c.bitRate = float64(size[2]) * c.around(0.25)
	if c.codec == wire.CodecH265 {
		c.bitRate *= 0.55
	}
	c.frameRate = pick(r, []float64{25, 20, 15, 12}, 0.5, 0.15, 0.25, 0.1)
	c.group = pick(r, []float64{1, 2, 4}, 0.3, 0.45, 0.25)
	c.jitter = 3 * c.around(0.6)
	switch p := r.Float64(); {
	case p < 0.05:
		c.bad = wire.Observation{Status: wire.StatusDegraded, Rung: wire.RungFresh, Reasons: []wire.Reason{pick(r, []wire.Reason{wire.ReasonLowResolution, wire.ReasonLowFrameRate}, 0.6, 0.4)}}
	case p < 0.09:
		c.bad = c.fall()
	}
	return c
}

func (c *camera) around(sigma float64) float64 { return math.Exp(sigma * c.rnd.NormFloat64()) }

func pick[T any](r *rand.Rand, of []T, share ...float64) T {
	p := r.Float64()
	for i, s := range share {
		if p -= s; p < 0 {
			return of[i]
		}
	}
	return of[0]
}

// fall gives the verdict of an outage.
func (c *camera) fall() wire.Observation {
	o := wire.Observation{Status: wire.StatusDown}
	switch p := c.rnd.Float64(); {
	case p < 0.4:
		o.Rung, o.FellOn, o.Fault = wire.RungResolve, wire.RungConnect, wire.FaultTimeout
	case p < 0.7:
		o.Rung, o.FellOn, o.Fault = wire.RungResolve, wire.RungConnect, wire.FaultUnreachable
	case p < 0.85:
		o.Rung, o.FellOn, o.Fault, o.RTSPStatus = wire.RungDescribe, wire.RungAuth, wire.FaultAuthRejected, 401
	default:
		o.Rung, o.FellOn, o.Fault, o.RTSPStatus = wire.RungAuth, wire.RungSetup, wire.FaultBusy, 453
	}
	return o
}

// fold makes the next observation: from the next probe to the first one that
// is reportEvery later, or that sees another status.
func (c *camera) fold() {
	o := wire.Observation{Status: wire.StatusUp, Rung: wire.RungFresh}
	switch {
	case c.bad.Status != 0:
		o = c.bad
	case c.at < c.downUntil:
		o = c.fall()
	}
	o.Camera, o.From = c.code, c.at+c.delay
	if o.Status != wire.StatusDown {
		o.Codec, o.Width, o.Height = c.codec, c.width, c.height
	}
	for {
		o.Probes++
		c.probe(&o, c.isFull() || o.Status == wire.StatusDown)
		c.at += lightEvery
		c.delay = int64(c.rnd.ExpFloat64() * 0.8)
		if c.rnd.IntN(200) == 0 {
			c.delay += 10 + c.rnd.Int64N(60)
		}
		o.To = c.at + c.delay
		down := c.at < c.downUntil
		if c.bad.Status == 0 && !down && c.rnd.IntN(2*dayLength/lightEvery) == 0 {
			c.downUntil = c.at + 60_000 + int64(c.rnd.ExpFloat64()*1_200_000)
			down = true
		}
		if o.To-o.From >= reportEvery || c.bad.Status == 0 && down != (o.Status == wire.StatusDown) {
			c.closed, c.reported = o, o.To+40
			if c.isFull() {
				c.reported += window + int64(500*c.group)
			}
			return
		}
	}
}

// isFull says whether the next probe is a full one: a point of the second grid
// was passed since the last.
func (c *camera) isFull() bool {
	t := c.at - c.full
	return t/fullEvery != (t-lightEvery)/fullEvery
}

// probe adds what a probe of the camera measures to o.
func (c *camera) probe(o *wire.Observation, full bool) {
	for rung := wire.RungResolve; rung <= o.Rung && (full || rung <= wire.RungAuth); rung++ {
		if rung == wire.RungTLS {
			continue
		}
		ms := c.medians[rung] * c.around(c.noise[rung])
		if c.rnd.IntN(30) == 0 {
			ms *= 2 + 6*c.rnd.Float64()
		}
		switch rung {
		case wire.RungKeyframe:
			if ms = 2 * c.around(0.5); !c.instant {
				ms += 1000 * c.group * c.rnd.Float64()
			}
		case wire.RungFresh:
			ms = window + 1000/c.frameRate*c.rnd.Float64()
		}
		ms = math.Floor(ms*1000) / 1000
		c.stage(o, rung).Add(float32(ms))
	}
	if !full || o.Status == wire.StatusDown {
		return
	}
	hour := float64((c.at-Begin)%dayLength) / 3_600_000
	o.FrameRate.Add(float32(c.frameRate * c.around(0.0005)))
	o.BitRate.Add(float32(c.bitRate * (1 + 0.15*math.Sin(hour*math.Pi/12)) * c.around(0.15)))
	if c.group < 2 || c.group == 2 && c.rnd.IntN(2) == 0 {
		o.KeyframeGap.Add(float32(c.group * c.around(0.0005)))
	}
	loss := 0.0
	if c.lossy && c.rnd.IntN(3) == 0 {
		loss = 0.01 * c.rnd.Float64()
	}
	o.Loss.Add(float32(loss))
	o.Jitter.Add(float32(c.jitter * c.around(0.35)))
}

func (c *camera) stage(o *wire.Observation, rung wire.Rung) *wire.Stat {
	for i := range o.Stages {
		if o.Stages[i].Rung == rung {
			return &o.Stages[i].Time
		}
	}
	// A light probe after a full one climbs rungs that are there already.
	o.Stages = append(o.Stages, wire.Stage{Rung: rung})
	return &o.Stages[len(o.Stages)-1].Time
}
