// Package world makes worlds of which everything is known, lets real agents'
// rules look at them, and holds what the hub says of them against what was true.
//
// A world is a few cameras over a day or two, known to the millisecond; agents
// that probe them, are switched off, crash, and have clocks; a line that is cut; a
// hub that is told late, twice and in any order; and a plan with service and
// maintenance. What agents see is folded by agent/watch, what the hub gets by
// hub/history, and figures are made by hub/uptime. Beside it stands a slow and
// obvious reference that looks at one second after the other.
//
// Times are milliseconds since the beginning of the world.
package world

import (
	"time"

	"pgregory.net/rapid"
)

// State is what a camera truly does.
type State uint8

// The states. Of the two that do not work every probe sees the first, and only a
// full one the second.
const (
	Up State = iota
	Degraded
	Refused
	NoKeyframe
)

// Works says whether video flows.
func (s State) Works() bool { return s == Up || s == Degraded }

// Change is a camera's state from a moment on.
type Change struct {
	At    int64
	State State
}

// Span is [From, To).
type Span struct{ From, To int64 }

// Boot is a time in which an agent runs.
type Boot struct {
	Span
	// Crash: it ends without a word, and what it had open is lost.
	Crash bool
	// Clock is by how much its corrected times are off; with Wrong by how much
	// its clock is, which nobody corrected.
	Clock int64
	Wrong bool
}

// Agent is a commune device.
type Agent struct {
	Boots []Boot
	Cut   []Span // its line to the hub
	LAN   []Span // it reaches none of its cameras: for it they are down
}

// Camera is a camera with what it truly does.
type Camera struct {
	Changes     []Change
	Agents      []int // that probe it
	Service     []Span
	Maintenance []Span
}

// Script is a world before anybody looked.
type Script struct {
	Zone        string
	Day         string // on which it begins, yyyy-mm-dd
	Length      int64
	Cameras     []Camera
	Agents      []Agent
	Light, Full time.Duration
	Confirm     int
	ReportEvery time.Duration
	Seed        uint64 // of everything below
	Skip        float64
	Late, Twice float64
	Rounds      int // in which the hub folds
	Windows     []Span
}

// The days on which the worlds begin: ordinary ones, and the days before clocks
// are put forward and back.
var begins = []struct{ zone, day string }{
	{"Asia/Ho_Chi_Minh", "2026-02-28"}, {"Asia/Ho_Chi_Minh", "2025-12-31"}, {"Europe/Berlin", "2026-03-28"}, {"Europe/Berlin", "2026-10-24"},
	{"America/Sao_Paulo", "2018-11-03"}, {"Australia/Lord_Howe", "2026-04-04"}, {"America/St_Johns", "2010-11-06"},
}

const (
	second = int64(1000)
	minute = 60 * second
	hour   = 60 * minute
)

// Scripts draws worlds. They shrink to short ones with few cameras.
func Scripts() *rapid.Generator[Script] { return rapid.Custom(drawScript) }

func drawScript(t *rapid.T) Script {
	begin := rapid.SampledFrom(begins).Draw(t, "begin")
	s := Script{
		Zone: begin.zone, Day: begin.day, Length: rapid.Int64Range(2, 40).Draw(t, "hours") * hour,
		Light: time.Duration(rapid.IntRange(20, 60).Draw(t, "light")) * time.Second, Confirm: rapid.IntRange(0, 2).Draw(t, "confirm"),
		ReportEvery: time.Duration(rapid.IntRange(2, 10).Draw(t, "report every")) * time.Minute,
		Seed:        rapid.Uint64().Draw(t, "seed"), Rounds: rapid.IntRange(1, 5).Draw(t, "rounds"),
		Skip: rapid.SampledFrom([]float64{0, 0.02, 0.3}).Draw(t, "skip"), Late: rapid.SampledFrom([]float64{0, 0.2}).Draw(t, "late"), Twice: rapid.SampledFrom([]float64{0, 0.1}).Draw(t, "twice"),
	}
	s.Full = s.Light * time.Duration(rapid.IntRange(1, 8).Draw(t, "full"))
	for range rapid.IntRange(1, 2).Draw(t, "agents") {
		s.Agents = append(s.Agents, s.agent(t))
	}
	for range rapid.IntRange(1, 3).Draw(t, "cameras") {
		c := Camera{Agents: []int{rapid.IntRange(0, len(s.Agents)-1).Draw(t, "agent")}, Maintenance: s.spans(t, "maintenance", 3)}
		if len(s.Agents) == 2 && rapid.IntRange(0, 3).Draw(t, "two agents") == 0 {
			c.Agents = []int{0, 1}
		}
		c.Service = []Span{{0, s.Length}}
		if rapid.IntRange(0, 2).Draw(t, "part of the time in service") == 0 {
			c.Service = s.spans(t, "service", 2)
		}
		at := int64(0)
		for range rapid.IntRange(1, 12).Draw(t, "states") {
			c.Changes = append(c.Changes, Change{at, rapid.SampledFrom([]State{Up, Up, Up, Degraded, Refused, Refused, NoKeyframe}).Draw(t, "state")})
			at += rapid.OneOf(rapid.Int64Range(1, 2*minute), rapid.Int64Range(minute, 40*minute), rapid.Int64Range(hour, 9*hour)).Draw(t, "lasts")
		}
		s.Cameras = append(s.Cameras, c)
	}
	s.Windows = s.spans(t, "window", 4)
	return s
}

func (s *Script) agent(t *rapid.T) (a Agent) {
	at := int64(0)
	for at < s.Length {
		b := Boot{Span: Span{at, s.Length}, Crash: rapid.Bool().Draw(t, "crash"), Clock: rapid.Int64Range(-300, 300).Draw(t, "clock")}
		if len(a.Boots) < 4 && rapid.Bool().Draw(t, "off") {
			b.To = min(at+rapid.OneOf(rapid.Int64Range(1, 10*minute), rapid.Int64Range(minute, 20*hour)).Draw(t, "runs"), s.Length)
		}
		if rapid.IntRange(0, 9).Draw(t, "wrong clock") == 9 {
			b.Wrong, b.Clock = true, rapid.Int64Range(-20, 20).Draw(t, "wrong by")*hour
		}
		a.Boots = append(a.Boots, b)
		at = b.To + rapid.OneOf(rapid.Int64Range(1, 3*minute), rapid.Int64Range(minute, 10*hour)).Draw(t, "off for")
	}
	a.Cut = s.spans(t, "cut", 2)
	a.LAN = s.spans(t, "LAN", 1)
	return a
}

// spans draws some that may overlap, touch and be empty. Ends are often whole
// seconds.
func (s *Script) spans(t *rapid.T, name string, n int) []Span {
	var all []Span
	for range rapid.IntRange(0, n).Draw(t, name+" spans") {
		from := rapid.Int64Range(0, s.Length/second).Draw(t, name+" from") * second
		all = append(all, Span{from, from + rapid.OneOf(rapid.Int64Range(0, 600), rapid.Int64Range(0, 8*3600)).Draw(t, name+" seconds")*second})
	}
	return all
}
