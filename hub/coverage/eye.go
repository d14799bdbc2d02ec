package coverage

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

// Eye holds what every camera of a plan would see of its routes at one level,
// if it worked. It never changes, and is safe for use by many goroutines.
type Eye struct {
	*Roads
	level     plan.Level
	sectors   []geo.Sector // by camera; no radius for those with a reason
	reasons   []Reason     // by camera; empty for those with a footprint
	cut       []bool       // by camera: Sight is nearer than its optics reach
	sees      []bool       // by camera: some route is in view
	stretches []stretch    // of the first road, then of the next, each along its road
	first     []int32      // by road, and one more: its first stretch
	views     []view       // by road, then by camera, then along the road
	watches   []watch      // by road, then by section, then by camera
	guards    []guard      // by gateway, then by camera

	once  sync.Once
	links links
}

// stretch is a piece of a part on which no footprint begins or ends: all of it
// is in view of the same cameras.
type stretch struct {
	from, to int64 // millimetres from the road's start
	part     int32
}

// view is what a camera sees of a road in one piece: the stretches from first
// to last, inclusive.
type view struct{ camera, road, first, last int32 }

// watch says that a camera controls a section.
type watch struct{ section, camera int32 }

// guard says that a camera has a gateway in view.
type guard struct{ gateway, camera int32 }

// Footprint is what a camera takes in: the sector for a map, and its part of
// each route.
type Footprint struct {
	Camera string // code
	// Sector has the ground range as its radius, which is 0 if the density is
	// not reached on the ground at all.
	Sector  geo.Sector
	Stretch []Stretch // in the plan's order of routes, ascending along each
}

// Stretch is a part of a route between two distances from its start, metres.
type Stretch struct {
	Route string // code
	geo.Interval
}

// Reason says why a camera has no footprint. It still covers its place.
type Reason string

// The reasons.
const (
	NoPosition    Reason = "no_position"      // its site is not in the plan, or has no position
	NoAzimuth     Reason = "no_azimuth"       // place only: it is not known where it looks; an eye that looks all around needs none
	NoFieldOfView Reason = "no_field_of_view" // place only: it is not known how wide it looks
	NoWidth       Reason = "no_width"         // its resolution is neither measured nor planned
)

// Incomplete is a camera whose footprint cannot be told, and why.
type Incomplete struct {
	Camera string // code
	Reason Reason
}

// NewEye works out the footprints of all cameras of p at a level. Function
// width gives a camera's horizontal pixels as measured; where it gives 0 or
// less, or is nil, those of the plan hold. It fails if the level has no
// density, or a route no line.
func NewEye(p *plan.Plan, level plan.Level, width func(*plan.Camera) int) (*Eye, error) {
	r, err := NewRoads(p)
	if err != nil {
		return nil, err
	}
	return r.Eye(level, width)
}

// Eye works out the footprints at a level, as NewEye does.
func (r *Roads) Eye(level plan.Level, width func(*plan.Camera) int) (*Eye, error) {
	if !(level.Density > 0) {
		return nil, fmt.Errorf("coverage: level %q has density %v; it must be above 0 px/m", level.Code, level.Density)
	}
	n := len(r.cameras)
	e := &Eye{Roads: r, level: level, sectors: make([]geo.Sector, n), reasons: make([]Reason, n), cut: make([]bool, n), sees: make([]bool, n)}
	seen := make([]sighting, 0, 2*n)
	var room [32]geo.Hit
	for i := range r.cameras {
		s, reason := e.sector(i, width)
		e.sectors[i], e.reasons[i] = s, reason
		for _, h := range r.index.Inside(s, room[:0]) {
			w := &r.roads[h.Line]
			from, to := millimetres(h.From), min(millimetres(h.To), w.length)
			if to-from > hair {
				seen = append(seen, sighting{int32(i), int32(h.Line), from, to})
			}
		}
	}
	e.divide(byRoad(seen, len(r.roads)))
	return e, nil
}

// sector gives what a camera looks at, or why that cannot be told.
func (e *Eye) sector(i int, width func(*plan.Camera) int) (geo.Sector, Reason) {
	c := &e.cameras[i]
	w := c.Width
	if width != nil {
		if measured := width(c.Camera); measured > 0 {
			w = measured
		}
	}
	azimuth := c.Azimuth
	switch {
	case !c.known:
		return geo.Sector{}, NoPosition
	case !(c.FOV > 0 && c.FOV <= 360):
		return geo.Sector{}, NoFieldOfView
	case c.FOV == 360:
		azimuth = 0
	case math.IsNaN(azimuth) || math.IsInf(azimuth, 0):
		return geo.Sector{}, NoAzimuth
	}
	if w <= 0 {
		return geo.Sector{}, NoWidth
	}
	ground := GroundRange(Reach(w, c.FOV, e.level.Density), c.MountingAt)
	e.cut[i] = ground > Sight
	return geo.Sector{Apex: c.apex, Azimuth: azimuth, FOV: c.FOV, Radius: min(ground, Sight)}, ""
}

// Level gives the level that the footprints reach to.
func (e *Eye) Level() plan.Level { return e.level }

// Cameras gives the number of cameras. They are numbered by their codes'
// order.
func (e *Eye) Cameras() int { return len(e.cameras) }

// Camera gives the camera with a number.
func (e *Eye) Camera(i int) *plan.Camera { return e.cameras[i].Camera }

// Footprints gives the footprints of all cameras that have one, by code.
func (e *Eye) Footprints() []Footprint {
	l := e.linked()
	var out []Footprint
	for i := range e.cameras {
		if e.reasons[i] != "" {
			continue
		}
		f := Footprint{Camera: e.codes[i], Sector: e.sectors[i]}
		for _, k := range l.views.of(i) {
			v := &e.views[k]
			f.Stretch = append(f.Stretch, Stretch{e.roads[v.road].route.Code,
				geo.Interval{From: metres(e.stretches[v.first].from), To: metres(e.stretches[v.last].to)}})
		}
		out = append(out, f)
	}
	return out
}

// Incomplete gives the cameras without a footprint, by code.
func (e *Eye) Incomplete() []Incomplete { return e.incomplete(nil) }

// incomplete gives those that are counted; all if counted is nil.
func (e *Eye) incomplete(counted []bool) []Incomplete {
	var out []Incomplete
	for i, reason := range e.reasons {
		if reason != "" && (counted == nil || counted[i]) {
			out = append(out, Incomplete{e.codes[i], reason})
		}
	}
	return out
}

// links lead from a camera to its views, sections and gateways: indices into
// Eye.views, Roads.sections and Roads.gateways.
type links struct{ views, sections, gateways lists }

// lists are short lists of numbers, one for each camera.
type lists struct{ starts, items []int32 }

func (l *lists) of(i int) []int32 { return l.items[l.starts[i]:l.starts[i+1]] }

func (e *Eye) linked() *links {
	e.once.Do(func() {
		n := len(e.cameras)
		e.links = links{
			views:    collect(n, len(e.views), func(k int) (int32, int32) { return e.views[k].camera, int32(k) }),
			sections: collect(n, len(e.watches), func(k int) (int32, int32) { return e.watches[k].camera, e.watches[k].section }),
			gateways: collect(n, len(e.guards), func(k int) (int32, int32) { return e.guards[k].camera, e.guards[k].gateway }),
		}
	})
	return &e.links
}

// collect makes n lists of pairs of list and item, of which there are m.
func collect(n, m int, pair func(k int) (list, item int32)) lists {
	l := lists{starts: make([]int32, n+1), items: make([]int32, m)}
	for k := range m {
		i, _ := pair(k)
		l.starts[i+1]++
	}
	for i := range n {
		l.starts[i+1] += l.starts[i]
	}
	next := slices.Clone(l.starts)
	for k := range m {
		i, item := pair(k)
		l.items[next[i]] = item
		next[i]++
	}
	return l
}
